#include "breaker_news.hpp"

#include <algorithm>
#include <span>

namespace curfew {

namespace {

duration grown(duration last, const breaker_config& config) noexcept {
    duration::rep scaled = 0;
    if (__builtin_mul_overflow(last.count(), config.growth_percent, &scaled))
        return std::max(config.reset, config.reset_max);
    return std::min(duration{scaled / 100}, std::max(config.reset, config.reset_max));
}

}  // namespace

void breaker::machine::change(
    breaker_state to, breaker_reason why, time_point at, news& out
) noexcept {
    out.add({state, to, why, generation + 1, at, consecutive, {}, {}});
    state = to;
    ++generation;
    since = at;
    hinted = false;
    consecutive = 0;
    probes_done = 0;
    probes_failed = 0;
    leases = {};
}

void breaker::machine::open(
    const breaker_config& config, breaker_reason why, time_point at, news& out
) noexcept {
    open_for = state == breaker_state::closed ? config.reset : grown(open_for, config);
    open_until = add_saturated(at, open_for);
    change(breaker_state::open, why, at, out);
}

void breaker::machine::catch_up(const breaker_config& config, time_point now, news& out) noexcept {
    if (state == breaker_state::half_open) {
        while (lease* ended = lost(now)) {
            const auto at = ended->ends;
            *ended = {};
            ++out.lost_probes;
            count_probe(config, true, breaker_reason::probe_lost, at, out);
        }
    }
    if (state == breaker_state::open && now >= open_until) {
        const auto why = hinted ? breaker_reason::work_recovered : breaker_reason::reset_elapsed;
        change(breaker_state::half_open, why, open_until, out);
    }
}

void breaker::machine::count_probe(
    const breaker_config& config, bool failed, breaker_reason why, time_point at, news& out
) noexcept {
    ++probes_done;
    probes_failed += failed ? 1 : 0;
    if (probes_failed >= config.probe_failures)
        open(config, why, at, out);
    else if (probes_done >= config.probe_results)
        change(breaker_state::closed, breaker_reason::probes_succeeded, at, out);
}

std::uint32_t breaker::machine::lend(const breaker_config& config, time_point now) noexcept {
    const auto places = std::span{leases}.first(config.probes);
    const auto place = std::ranges::find(places, 0U, &lease::serial);
    if (place == places.end()) return 0;
    last_serial = last_serial == UINT32_MAX ? 1 : last_serial + 1;
    *place = {last_serial, add_saturated(now, config.probe_lease)};
    return last_serial;
}

bool breaker::machine::release(std::uint32_t serial) noexcept {
    if (serial == 0) return false;
    const auto place = std::ranges::find(leases, serial, &lease::serial);
    if (place == leases.end()) return false;
    *place = {};
    return true;
}

breaker::lease* breaker::machine::lost(time_point now) noexcept {
    lease* first = nullptr;
    for (auto& one : leases) {
        const bool ended = one.serial != 0 && now >= one.ends;
        if (ended && (first == nullptr || one.ends < first->ends)) first = &one;
    }
    return first;
}

std::uint32_t breaker::machine::running() const noexcept {
    const auto taken = std::ranges::count_if(leases, [](auto& one) { return one.serial != 0; });
    return static_cast<std::uint32_t>(taken);
}

duration breaker::machine::retry_after(const breaker_config& config, time_point now)
    const noexcept {
    if (state == breaker_state::closed) return {};
    if (state == breaker_state::open) return open_until - now;
    if (running() < config.probes) return {};
    auto first = time_point::max();
    for (const auto& one : leases)
        if (one.serial != 0) first = std::min(first, one.ends);
    return std::max(duration::zero(), first - now);
}

}  // namespace curfew
