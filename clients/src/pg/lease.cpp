#include "pool_state.hpp"
#include <curfew/clients/pg/drive.hpp>
#include <curfew/clients/pg/statement_text.hpp>
#include <curfew/core/expects.hpp>

#include <algorithm>
#include <utility>

namespace curfew::pg {
namespace {

constexpr duration tick = std::chrono::milliseconds{1};  // in which the server measures

/// What says nothing about the health of the database: it answered, or was never asked.
bool is_well(errc code) noexcept {
    return is_answer(code) || code == errc::bad_usage || code == errc::result_too_large;
}

std::string milliseconds(duration length) {
    const auto count = std::chrono::ceil<std::chrono::milliseconds>(length).count();
    return std::to_string(std::clamp<std::int64_t>(count, 1, 2'147'483'647));
}

}  // namespace

lease::lease() noexcept = default;

lease::lease(pool_state& home, curfew::pool::permit place, const time_account& account) noexcept
    : home_{&home}, place_{std::move(place)}, account_{account} {}

lease::lease(lease&& other) noexcept
    : home_{std::exchange(other.home_, nullptr)},
      place_{std::move(other.place_)},
      account_{other.account_},
      transaction_limit_{other.transaction_limit_},
      transaction_began_{other.transaction_began_},
      rested_since_{other.rested_since_},
      in_transaction_{std::exchange(other.in_transaction_, false)} {}

lease& lease::operator=(lease&& other) noexcept {
    if (this != &other) {
        release();
        home_ = std::exchange(other.home_, nullptr);
        place_ = std::move(other.place_);
        account_ = other.account_;
        transaction_limit_ = other.transaction_limit_;
        transaction_began_ = other.transaction_began_;
        rested_since_ = other.rested_since_;
        in_transaction_ = std::exchange(other.in_transaction_, false);
    }
    return *this;
}

lease::~lease() {
    release();
}

bool lease::usable() const noexcept {
    return place_.held() && home_->connections[place_.slot()].is.is() == condition::ready;
}

session& lease::connection() noexcept {
    expects(place_.held(), "the lease has its connection");
    return home_->connections[place_.slot()].is;
}

reply<rows> lease::query(
    std::string_view statement, std::span<const parameter> values, deadline until
) {
    return run(operation::query, form::statement, statement, values, until);
}

reply<rows> lease::run(
    operation during,
    form as,
    std::string_view statement,
    std::span<const parameter> values,
    deadline until
) {
    expects(home_ != nullptr, "a lease that came from a pool");
    auto& home = *home_;
    const auto began = home.time.now();
    budget spent{
        began,
        tighter(
            inherited(until, began), bound::after(began, home.how.limit.query, "database.query")
        )
    };
    const bool of_transaction =
        in_transaction_ && is_earlier(transaction_limit_.at, spent.limit().at);
    if (of_transaction) spent.tighten(transaction_limit_);
    if (!usable()) {
        const trouble gone{errc::upstream_closed, {}, 0, "the connection was given up or lost"};
        return std::unexpected{home.told(during, gone, {.kind = cause_kind::failed}, spent, began)};
    }
    if (spent.expired(began))
        return std::unexpected{over(of_transaction ? operation::transaction : during, spent, began)
        };
    auto allowed = home.guard.try_acquire(began);
    if (!allowed && !in_transaction_)
        return std::unexpected{home.refused(during, allowed.error(), spent, began)};

    spent.enter(stage::attempt, began);
    auto& on = connection();
    if (as == form::script) {
        on.send_script(std::string{statement});
    } else {
        on.send(statement, values, spent.limit().at.left(began));
    }
    const auto done = drive(on, spent.limit().at, home.time);
    const auto now = home.time.now();
    spent.close(now);
    reply<rows> out;
    if (done) {
        *out = on.take_rows();
    } else {
        out = std::unexpected{failed(during, done.error(), spent, of_transaction, now)};
    }
    settle(allowed ? std::move(*allowed) : breaker::permit{}, out ? nullptr : &out.error(), now);
    rested_since_ = now;
    home.tell_slow(statement, now - began, out ? out->size() : 0);
    home.record(verb_of(statement), spent, now, out ? nullptr : &out.error(), statement);
    return out;
}

error lease::over(operation during, const budget& spent, time_point now) const {
    auto made = home_->late(during, spent, now);
    if (during == operation::transaction) made.took = now - transaction_began_;
    return made;
}

error lease::failed(
    operation during, const trouble& why, const budget& spent, bool of_transaction, time_point now
) const {
    const auto state = home_->connections[place_.slot()].is.is();
    const bool unheard = state != condition::ready;
    const bool late_here = unheard && state != condition::lost;
    const bool late_there = why.code == errc::cancelled &&
                            now - spent.started() + tick >= spent.limit().at.left(spent.started());
    error made;
    if (late_here || late_there) {
        made = over(of_transaction ? operation::transaction : during, spent, now);
        made.what.sqlstate = why.sqlstate;
    } else {
        const bool rested = why.sqlstate == "25P03";
        const bool answered = state == condition::ready;
        const cause by = rested ? cause{
            .kind = cause_kind::own_timeout, .limit_name = "database.idle",
            .limit = home_->how.limit.idle,
        } : cause{.kind = answered ? cause_kind::completed : cause_kind::failed};
        made = home_->told(rested ? operation::transaction : during, why, by, spent, now);
        if (rested) made.took = now - rested_since_;
    }
    const bool decides = !in_transaction_ || during == operation::transaction;
    made.outcome_unknown =
        unheard && decides && why.sqlstate.empty() && why.code != errc::result_too_large;
    return made;
}

void lease::settle(breaker::permit allowed, const error* why, time_point now) noexcept {
    const auto state = connection().is();
    if (allowed.held()) {
        if (why == nullptr || is_well(why->what.code)) {
            allowed.finish(outcome::success, cause_kind::completed, now);
        } else if (why->is_timeout() && why->what.sqlstate != "25P03") {
            allowed.finish(outcome::timeout, why->why.kind, now);
        } else if (why->what.code == errc::cancelled || why->is_timeout()) {
            allowed.finish(outcome::ignored, why->why.kind, now);
        } else {
            allowed.finish(outcome::failure, cause_kind::failed, now);
        }
    }
    if (state == condition::running || state == condition::copying) give_up();
    if (state != condition::lost) return;
    in_transaction_ = false;
    home_->suspect(now);
}

void lease::give_up() noexcept {
    in_transaction_ = false;
    auto& home = *home_;
    patient one{
        .connection = std::move(connection()),
        .until = deadline::after(home.time.now(), home.how.ending),
    };
    home.give_up(std::move(place_), std::move(one));
}

void lease::roll_back() noexcept {
    if (!std::exchange(in_transaction_, false) || !usable()) return;
    if (connection().in_transaction() == transaction_state::none) return;
    connection().send("ROLLBACK");
    const auto until = deadline::after(home_->time.now(), home_->how.check);
    (void)drive(connection(), until, home_->time);
    if (connection().is() == condition::running) give_up();
}

void lease::release() noexcept {
    if (!place_.held()) return;
    if (connection().in_transaction() != transaction_state::none) in_transaction_ = true;
    roll_back();
    if (!place_.held()) return;
    const auto state = connection().is();
    if (state == condition::running || state == condition::copying) {
        give_up();
        return;
    }
    const bool well =
        state == condition::ready && connection().in_transaction() == transaction_state::none;
    home_->give_back(std::move(place_), well, home_->time.now());
}

reply<transaction> lease::begin(std::string_view how, deadline until) {
    expects(!in_transaction_, "one transaction at a time");
    expects(home_ != nullptr, "a lease that came from a pool");
    const auto& limit = home_->how.limit;
    transaction_began_ = home_->time.now();
    transaction_limit_ =
        bound::after(transaction_began_, limit.transaction, "database.transaction");
    const auto idle = std::min(limit.idle, limit.transaction);
    const auto script = std::string{how} +
                        "; SET LOCAL idle_in_transaction_session_timeout = " + milliseconds(idle) +
                        "; SET LOCAL statement_timeout = " + milliseconds(limit.transaction);
    auto begun = run(operation::transaction, form::script, script, {}, until);
    if (!begun) {
        if (place_.held()) in_transaction_ = true;
        roll_back();
        return std::unexpected{std::move(begun.error())};
    }
    in_transaction_ = true;
    return transaction{*this};
}

transaction::~transaction() {
    roll_back();
}

void transaction::roll_back() noexcept {
    if (of_ != nullptr) std::exchange(of_, nullptr)->roll_back();
}

reply<rows> transaction::query(
    std::string_view statement, std::span<const parameter> values, deadline until
) {
    expects(of_ != nullptr, "the transaction is open");
    return of_->query(statement, values, until);
}

reply<> transaction::commit(deadline until) {
    expects(of_ != nullptr, "the transaction is open");
    auto& on = *of_;
    if (on.usable() && on.connection().in_transaction() == transaction_state::broken) {
        roll_back();
        const auto now = on.home_->time.now();
        const trouble why{
            errc::database_refused, "25P02", 0, "a statement of it failed: it was rolled back"
        };
        const budget spent{on.transaction_began_, on.transaction_limit_};
        return std::unexpected{
            on.home_->told(operation::transaction, why, {.kind = cause_kind::completed}, spent, now)
        };
    }
    auto done = on.run(operation::transaction, lease::form::statement, "COMMIT", {}, until);
    if (!done) {
        roll_back();
        return std::unexpected{std::move(done.error())};
    }
    of_ = nullptr;
    on.in_transaction_ = false;
    return {};
}

}  // namespace curfew::pg
