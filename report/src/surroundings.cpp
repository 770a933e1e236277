#include "surroundings.hpp"

namespace curfew::report {
namespace {

using ledger::begin_of;
using ledger::filter;
using ledger::kept_operation;
using ledger::minute_of;

constexpr auto queue_stage = static_cast<std::size_t>(stage::queue);

void count_same(
    surroundings& to,
    duration& queued,
    const ledger::series& what,
    const ledger::minute_figures& figures
) {
    to.by_outcome[static_cast<std::size_t>(what.ended)] += figures.count();
    to.refused_by_breaker += what.why == cause_kind::breaker_open ? figures.count() : 0;
    to.shed += what.why == cause_kind::shed ? figures.count() : 0;
    ledger::figures sum;
    figures.add_to(sum);
    queued = duration{queued.count() + sum.spent[queue_stage].count()};
}

}  // namespace

result<surroundings> look_around(ledger::reader& from, const kept_operation& what) {
    const auto its = minute_of(what.started + what.took);
    filter near;
    near.when = {begin_of(its - 30), begin_of(its + 31)};
    near.where = what.what.where;
    surroundings found;
    ledger::figures usual;
    duration queued{};
    const auto done = from.each_minute(near, [&](auto at, const auto& which, const auto& figures) {
        const bool same = which.name == what.what.name;
        if (same && which.ended == outcome::success) {
            figures.add_to(usual);
        }
        if (at == its && same) {
            count_same(found, queued, which, figures);
        } else if (at == its) {
            found.others += figures.count();
            const bool failed = which.ended == outcome::failure || which.ended == outcome::timeout;
            found.others_failed += failed ? figures.count() : 0;
        }
    });
    if (!done) {
        return std::unexpected{done.error()};
    }
    std::uint64_t all = 0;
    for (const auto count : found.by_outcome) {
        all += count;
    }
    found.queue_mean = all > 0 ? queued / static_cast<duration::rep>(all) : duration{};
    found.usual_count = usual.took.count();
    found.usual_p50 = usual.took.quantile(0.5);
    found.usual_p99 = usual.took.quantile(0.99);
    found.usual_max = usual.took.max();
    return found;
}

}  // namespace curfew::report
