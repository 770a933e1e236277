#pragma once

#include <curfew/policy/duration_text.hpp>
#include <curfew/preflight/decision.hpp>

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Deciding without touching anything: what would happen if these checks failed.
namespace curfew::preflight {

/// Failures of these kinds, or with `all_of_it` each kind from none to four times.
struct simulation {
    std::vector<failure_kind> failed;
    bool all_of_it = false;
};

/// "vpc_connector,vpc_connector"; empty: nothing fails; "infrastructure-pressure": all of it. At
/// most 100 kinds.
[[nodiscard]] std::expected<simulation, policy::text_problem> read_simulation(std::string_view text
);

struct environment_rules {
    std::string environment;
    bypass_rules rules;
};

/// One cell of the table of all decisions.
struct simulated {
    std::string environment;
    failure_kind kind = failure_kind::unknown;
    std::uint32_t count = 0;
    decision made = decision::start;
};

inline constexpr std::uint32_t simulated_most = 4;

/// Each environment, with each kind, from none to four times; in this order.
[[nodiscard]] std::vector<simulated> simulate_all(
    std::span<const environment_rules> environments, bool told
);

}  // namespace curfew::preflight
