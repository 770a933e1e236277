#pragma once

#include <curfew/load/http_driver.hpp>
#include <curfew/load/recorder.hpp>
#include <curfew/load/schedule.hpp>

#include <vector>

namespace curfew::demo {

/// When what happens, since the start of a run.
struct scenario_times {
    duration hang_on = std::chrono::seconds{4};
    duration hang_off = std::chrono::seconds{14};
    duration crash = std::chrono::seconds{21};
    duration restart = std::chrono::seconds{26};  ///< direct only: somebody was paged
    duration end = std::chrono::seconds{32};
    duration patience = std::chrono::seconds{5};      ///< a client gives up, counted from due
    duration workers_fill = std::chrono::seconds{1};  ///< all 8 are stuck that long into the hang
};

/// What both runs have in common.
struct scenario {
    explicit scenario(std::uint64_t seed, const scenario_times& times = {});

    static constexpr std::uint32_t login = 0;
    static constexpr std::uint32_t listings = 1;
    static constexpr std::uint32_t recommendations = 2;  // the one that needs the dependency

    static constexpr double rate = 160;  // requests a second
    /// What took longer does not count as working: the policy's slow request.
    static constexpr duration objective = std::chrono::seconds{1};

    scenario_times times;
    std::vector<load::operation> operations;
    load::schedule plan;
    std::vector<load::phase> phases;
};

}  // namespace curfew::demo
