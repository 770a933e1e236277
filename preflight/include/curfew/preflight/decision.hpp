#pragma once

#include <curfew/policy/failure_kind.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::preflight {

using policy::failure_kind;

/// When a service may start although checks failed: the part of the policy that this goes by.
struct bypass_rules {
    bool allowed = false;             ///< in this environment
    std::vector<failure_kind> kinds;  ///< of which every failure must be
    std::uint32_t failures_max = 3;   ///< and of which there may be so many
};

enum class decision : std::uint8_t {
    start,           ///< nothing failed
    start_degraded,  ///< something did, and the service starts all the same
    block,           ///< it must not start
};

/// "start_degraded"
[[nodiscard]] std::string_view to_string(decision made) noexcept;

/// 0; 1 for `block`.
[[nodiscard]] int exit_code_of(decision made) noexcept;

struct ruling {
    decision made = decision::start;
    bool told = false;  ///< start_degraded because somebody told so, and not by the rules
    std::string why;    ///< one sentence
};

/// Pure. `told`: somebody told to start whatever fails (read_override). `environment` is for the
/// sentence only.
[[nodiscard]] ruling decide(
    std::span<const failure_kind> failed,
    const bypass_rules& rules,
    bool told,
    std::string_view environment
);

/// The variable by which somebody tells to start whatever fails.
inline constexpr std::string_view override_variable = "BYPASS_STARTUP_VALIDATION";

/// What a value of that variable means: true and false in any case, and empty is false. Nothing for
/// any other text: that is bad usage, and not a no.
[[nodiscard]] std::optional<bool> read_override(std::string_view value) noexcept;

}  // namespace curfew::preflight
