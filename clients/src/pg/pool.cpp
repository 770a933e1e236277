#include "pool_state.hpp"

#include <stdexcept>
#include <utility>

namespace curfew::pg {

namespace {

pool_options checked(pool_options how) {
    if (const auto wrong = problem_of(how)) throw std::invalid_argument{"pg::pool: " + *wrong};
    return how;
}

}  // namespace

pool::pool(target where, pool_options how)
    : state_{std::make_unique<pool_state>(std::move(where), checked(std::move(how)))} {}

pool::~pool() {
    state_->close();
    state_->see_out();
}

reply<> pool::initialize(deadline until) {
    const auto began = state_->time.now();
    const auto limit = tighter(
        inherited(until, began),
        bound::after(began, state_->how.limit.initialization, "database.initialization")
    );
    const auto named = [&](error why) {
        const auto now = state_->time.now();
        why.during = operation::initialization;
        why.took = now - began;
        if (limit.at.expired(now)) {
            why.why = limit.expired_cause();
            why.what.code = limit.own ? errc::own_timeout : errc::inherited_deadline;
        }
        return std::unexpected{std::move(why)};
    };
    auto held = state_->acquire(limit, "initialization");
    if (!held) return named(std::move(held.error()));
    const auto answered = held->query("SELECT 1", {}, limit.at);
    if (!answered) return named(answered.error());
    return {};
}

reply<lease> pool::acquire(deadline until, holder who) {
    const auto now = state_->time.now();
    return state_->acquire(
        tighter(
            inherited(until, now), bound::after(now, state_->how.limit.acquire, "database.acquire")
        ),
        who
    );
}

reply<rows> pool::query(
    std::string_view statement, std::initializer_list<parameter> values, deadline until, holder who
) {
    auto held = acquire(until, who);
    if (!held) return std::unexpected{std::move(held.error())};
    return held->query(statement, values, until);
}

pool_status pool::status() const {
    const std::lock_guard held{state_->mutex};
    return state_->decisions.status(state_->time.now());
}

breaker_status pool::breaker() const {
    return state_->guard.status(state_->time.now());
}

void pool::close() {
    state_->close();
}

}  // namespace curfew::pg
