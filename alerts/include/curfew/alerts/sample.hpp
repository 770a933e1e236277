#pragma once

#include <curfew/core/event.hpp>

#include <string_view>

namespace curfew::alerts {

/// One operation that has ended, as far as alerts look at it.
struct sample {
    surface where = surface::http;
    std::string_view name;
    outcome ended = outcome::success;
    bool refused = false;    ///< by a guard
    bool near_miss = false;  ///< ended well, but close to its limit
    duration took{};
    time_point at{};  ///< when it ended
};

/// What happened to the process.
enum class incident : std::uint8_t { restart, hang, dropped };

/// What an event is to alerts. `near_miss` is the ledger's to say.
[[nodiscard]] sample sample_of(const event& what, bool near_miss) noexcept;

}  // namespace curfew::alerts
