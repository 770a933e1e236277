#pragma once

#include <curfew/load/http_driver.hpp>
#include <curfew/load/recorder.hpp>
#include <curfew/load/schedule.hpp>

#include <vector>

namespace curfew::demo {

/// What both runs have in common: when what happens, and the load. Times are since the start.
struct scenario {
    explicit scenario(std::uint64_t seed);

    static constexpr std::uint32_t login = 0;
    static constexpr std::uint32_t listings = 1;
    static constexpr std::uint32_t recommendations = 2;  // the one that needs the dependency

    static constexpr duration hang_on = std::chrono::seconds{4};
    static constexpr duration hang_off = std::chrono::seconds{14};
    static constexpr duration crash = std::chrono::seconds{21};
    static constexpr duration restart = std::chrono::seconds{26};  // direct: somebody was paged
    static constexpr duration end = std::chrono::seconds{32};

    static constexpr double rate = 160;                                // requests a second
    static constexpr duration patience = std::chrono::seconds{5};      // a client gives up
    static constexpr duration workers_fill = std::chrono::seconds{1};  // all 8 are stuck by then

    std::vector<load::operation> operations;
    load::schedule plan;
    std::vector<load::phase> phases;
};

}  // namespace curfew::demo
