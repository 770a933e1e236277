#pragma once

#include <curfew/alerts/status.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace curfew::admin {

/// `/-/alerts` as JSON (docs/schema/alert-list.json). `serving`: whether they are watched now, or
/// only known from the policy.
[[nodiscard]] std::string render_alerts(const alerts::status& now, bool serving);

/// The same for people, a line an alert and one for each operation that is not well.
[[nodiscard]] std::string render_alerts_text(const alerts::status& now, bool serving);

/// What of it is wrong, a sentence each: what fires and is not silenced, a sink that takes nothing.
[[nodiscard]] std::vector<std::string> alert_problems(const alerts::status& now);

}  // namespace curfew::admin
