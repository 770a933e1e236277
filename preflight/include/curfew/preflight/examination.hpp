#pragma once

#include <curfew/preflight/check.hpp>
#include <curfew/preflight/decision.hpp>
#include <curfew/runtime/task_group.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace curfew::preflight {

/// A failure that stands.
struct failing {
    failure_kind kind = failure_kind::unknown;
    std::string why;       ///< the rule that said so: "ECONNREFUSED: ..."
    std::string sentence;  ///< what was found
    background behind{};   ///< of the last attempt
};

/// What came of one check.
struct look {
    std::string name;
    check_type type = check_type::none;
    std::string where;  ///< as it may be shown; empty: it has no place
    std::uint32_t attempts = 0;
    duration took{};  ///< with all attempts and pauses
    std::optional<failing> wrong{};
};

struct examined {
    std::vector<look> looks;  ///< in the order of the policy
    ruling made;
    duration took{};
};

/// What is examined, and how it is decided.
struct examination_terms {
    std::span<const policy::check_policy> checks{};
    bypass_rules rules{};
    std::string environment{};
    duration budget{};
    bool told = false;              ///< to start whatever fails
    bool connector_scales = false;  ///< pressure on the way into the private network is told of
    std::uint64_t seed = 0;         ///< of the pauses
};

/// All checks at once, under one budget. It ends when each has passed or its failure stands, at the
/// latest with the budget (a command's tree has two seconds more to be killed in).
/// Thread rule: the loop's thread.
class examination {
  public:
    /// What `terms` and `with` speak of outlives it. `settled` hears of each check as it ends.
    examination(
        const instruments& with, examination_terms terms, std::function<void(const look&)> settled
    );

    [[nodiscard]] runtime::task<examined> run(runtime::scope& under);

  private:
    [[nodiscard]] runtime::task<> look_at(std::size_t index, runtime::scope& under, time_point end);
    [[nodiscard]] bool decided() const;

    instruments with_;
    examination_terms terms_;
    std::function<void(const look&)> settled_;
    std::vector<look> looks_;
    std::vector<failure_kind> standing_;
};

/// "127.0.0.1:6379", "/var/lib": where a check looks, without user and password.
[[nodiscard]] std::string place_of(const policy::check_policy& of);

/// One attempt of one check, within its own limit.
[[nodiscard]] runtime::task<std::optional<failing>> look_once(
    check& with, const policy::check_policy& rules, bool connector_scales, runtime::scope& under
);

}  // namespace curfew::preflight
