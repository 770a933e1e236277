#include "pool_state.hpp"
#include <curfew/clients/pg/statement_text.hpp>

#include <array>
#include <utility>

namespace curfew::pg {
namespace {

outcome outcome_of(const error* why) noexcept {
    if (why == nullptr) return outcome::success;
    if (why->is_timeout()) return outcome::timeout;
    if (why->what.code == errc::cancelled) return outcome::cancelled;
    const bool refused =
        why->why.kind != cause_kind::completed && why->why.kind != cause_kind::failed;
    return refused ? outcome::ignored : outcome::failure;
}

}  // namespace

std::string holder::text() const {
    if (line == 0) return std::string{name};
    return std::string{name.substr(name.rfind('/') + 1)} + ':' + std::to_string(line);
}

error pool_state::told(
    operation during, trouble what, cause why, const budget& spent, time_point now
) const {
    error made;
    made.during = during;
    made.what = std::move(what);
    made.why = why;
    made.took = now - spent.started();
    made.account = spent.account();
    made.environment = how.environment;
    if (how.pressure) {
        const std::lock_guard one_at_a_time{telling};
        made.pressure = how.pressure();
    }
    return made;
}

error pool_state::refused(
    operation during, const breaker_refusal& by, const budget& spent, time_point now
) const {
    const cause why{.kind = cause_kind::breaker_open};
    auto made = told(during, {errc::breaker_open, {}, 0, {}}, why, spent, now);
    made.retry_after = by.retry_after;
    return made;
}

error pool_state::late(operation during, const budget& spent, time_point now) const {
    auto why = spent.limit().expired_cause();
    auto code = spent.limit().own ? errc::own_timeout : errc::inherited_deadline;
    if (during == operation::acquire && spent.limit().own) {
        why.kind = cause_kind::shed;
        why.reason = shed_reason::queue_timeout;
        code = errc::queue_timeout;
    }
    return told(during, {code, {}, 0, {}}, why, spent, now);
}

void pool_state::record(
    std::string_view name,
    const budget& spent,
    time_point now,
    const error* why,
    std::string_view statement
) {
    if (how.events == nullptr) return;
    const auto shown = statement.empty() ? std::string{} : without_literals(statement);
    const std::array attributes{
        event::attribute{"pool", how.name},
        event::attribute{"statement", shown},
        event::attribute{"sqlstate", why == nullptr ? "" : std::string_view{why->what.sqlstate}},
    };
    event what;
    what.where = surface::database;
    what.name = name;
    what.ended = outcome_of(why);
    if (why != nullptr) {
        what.why = why->why;
        what.error = why->what.code;
    }
    what.started = spent.started();
    what.took = now - spent.started();
    what.limit = spent.limit().limit;
    what.account = spent.account();
    what.attributes = attributes;
    const std::lock_guard one_at_a_time{telling};
    how.events->record(what);
}

void pool_state::tell_slow(std::string_view statement, duration took, std::size_t rows) {
    if (!how.on_slow || took < how.slow_after) return;
    const slow_statement slow{without_literals(statement), took, rows};
    const std::lock_guard one_at_a_time{telling};
    how.on_slow(slow);
}

void pool_state::tell_leaks(time_point now) {
    if (!how.on_leak) return;
    std::vector<leak> found;
    {
        const std::lock_guard held{mutex};
        for (auto& each : connections) {
            if (!each.leased || each.leak_told || now - each.since < how.leak_after) continue;
            each.leak_told = true;
            found.push_back({each.who, now - each.since, each.process});
        }
    }
    const std::lock_guard one_at_a_time{telling};
    for (const auto& one : found)
        how.on_leak(one);
}

}  // namespace curfew::pg
