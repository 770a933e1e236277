#include "serving.hpp"

#include <malloc.h>

#include <cmath>
#include <string>

namespace curfew::cli {

namespace {

std::string percent(double share) {
    return std::to_string(std::lround(share * 100)) + " %";
}

}  // namespace

pressure_desk::surroundings serving::pressure_surroundings() {
    return {
        [this](runtime::scope& under) { return fleet_.lag(under); },
        [this] { return gateway_.guards().in_flight() > 0; },
        [this](const pressure_desk::change& what) { tell_pressure(what); },
        [this](memory_guard::action what, double in_use) { relieve_memory(what, in_use); },
        [this](runtime::scope& under) { return reloading_.reshape(under); },
        [this](runtime::scope& under) { return reloading_.rest(under); },
        "/",
    };
}

void serving::tell_pressure(const pressure_desk::change& what) {
    log_.say(
        what.effect.empty() ? policy::severity::info : policy::severity::warning,
        "pressure " + what.signal + ": " + percent(what.before) + " to " + percent(what.after) +
            (what.effect.empty() ? "" : "; " + what.effect)
    );
    recording_.tell_pressure(what);
}

void serving::relieve_memory(memory_guard::action what, double in_use) {
    using action = memory_guard::action;
    const std::string used = percent(in_use) + " of the memory is in use";
    switch (what) {
        case action::nothing:
            break;
        case action::relieve:
            tasks_.spawn(give_memory_back(used));
            break;
        case action::refuse:
            gateway_.guards().refuse_for_memory(true);
            log_.say(
                policy::severity::warning,
                used + ": new requests are refused until it is less (pressure.memory_shed)"
            );
            break;
        case action::serve:
            gateway_.guards().refuse_for_memory(false);
            log_.say(policy::severity::warning, used + ": new requests are taken again");
    }
}

runtime::task<> serving::give_memory_back(std::string used) {
    auto clearing = fleet_.drop_caches(root_);
    const std::size_t bytes = co_await clearing;
    (void)::malloc_trim(0);
    log_.say(
        policy::severity::warning,
        used + "; " + std::to_string(bytes / 1024) +
            " KiB of spare buffers, and what else could be given back, was"
    );
}

}  // namespace curfew::cli
