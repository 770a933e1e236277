#pragma once

#include <curfew/alerts/engine.hpp>
#include <curfew/alerts/outbox.hpp>

#include <string>
#include <vector>

namespace curfew::alerts {

struct sink_status {
    std::string name;
    outbox::numbers numbers;
};

/// All there is to know of the alerts of a process.
struct status {
    std::vector<summary> alerts;
    std::vector<sink_status> sinks;
};

/// The state of the operation that is worst off; no_data where there is none.
[[nodiscard]] const standing& worst_of(const summary& of) noexcept;

}  // namespace curfew::alerts
