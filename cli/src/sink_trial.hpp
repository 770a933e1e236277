#pragma once

#include <curfew/alerts/sink.hpp>
#include <curfew/policy/policy.hpp>

#include <string>
#include <vector>

namespace curfew::cli {

/// What came of a test of one sink.
struct sink_trial {
    std::string sink;
    alerts::delivery how;
};

/// Sends a notice that says it is a test of `alert` through each of them, all at once, and returns
/// when the last one has ended: each has its own deadline.
[[nodiscard]] std::vector<sink_trial> try_sinks(
    const policy::policy& rules,
    const std::vector<policy::sink_policy>& sinks,
    const policy::alert_policy& alert
);

[[nodiscard]] std::string to_text(const std::vector<sink_trial>& trials);

/// As docs/schema/alert-test.json describes it.
[[nodiscard]] std::string to_json(const std::vector<sink_trial>& trials);

}  // namespace curfew::cli
