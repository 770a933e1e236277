#pragma once

#include <curfew/alerts/engine.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::alerts {

/// Wall time, for display only.
using wall_time = std::chrono::sys_time<duration>;

/// Who tells.
struct source {
    std::string version{};
    std::string environment{};
    std::string host{};
    std::int64_t process = 0;
};

/// What is sent to a sink: the changes of one moment, or of as long as the sink was busy.
struct notice {
    static constexpr std::size_t changes_max = 32;

    std::string id;  ///< of this notice, the same in each attempt to send it
    wall_time at{};
    bool test = false;
    std::vector<change> changes;  ///< at most changes_max
    std::size_t left_out = 0;     ///< there were so many more
};

/// "firing", "resolved" or "test".
[[nodiscard]] std::string_view state_told(const notice& of, const change& what) noexcept;

/// As docs/schema/alert.json describes it.
[[nodiscard]] std::string to_json(const notice& what, const source& who);

/// One line for people: "slow is firing: timeout_rate > 1% for 5m (GET /orders: 2.31% of 1840
/// calls in 1m)".
[[nodiscard]] std::string sentence_of(const change& what);

/// A change that only says that it is a test.
[[nodiscard]] change test_change(const policy::alert_policy& rule);

}  // namespace curfew::alerts
