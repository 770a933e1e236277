#pragma once

#include <curfew/policy/condition.hpp>
#include <curfew/policy/policy.hpp>

#include <span>
#include <string_view>

namespace curfew::policy {

/// What a sensor measures, and the readings between which a signal rises where it says none.
struct sensor_row {
    std::string_view name;
    measure unit = measure::nothing;  ///< share or time; nothing: it measures nothing
    std::string_view begins{};
    std::string_view full{};
    std::string_view documentation;
};

/// In the order of the enumeration.
[[nodiscard]] std::span<const sensor_row> sensors() noexcept;

[[nodiscard]] const sensor_row& row_of(sensor which) noexcept;

}  // namespace curfew::policy
