#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/ledger/reader.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace curfew::report {

/// A policy that was read again while Curfew served.
struct policy_reload {
    ledger::wall_time at{};
    std::int64_t instance = 0;
    std::string file;     ///< empty: not known
    std::string changed;  ///< "request.timeout from 30s to 5s", "nothing"; why it was refused
    bool applied = true;  ///< false: it was refused, and the one in force stayed

    [[nodiscard]] bool is_change() const noexcept { return applied && changed != "nothing"; }
};

/// A step of an alert, or of telling it.
struct alert_step {
    ledger::wall_time at{};
    std::string name;   ///< "alert slow", "alert sink chat"
    std::string state;  ///< "firing", "resolved", "relapsed", "failed", "silenced", "heard"
    std::string said;
};

/// What the policy and its alerts did over a stretch of time: the newest of each, oldest first.
struct policy_history {
    static constexpr std::size_t most = 50;

    std::vector<policy_reload> reloads;
    std::vector<alert_step> alerts;  ///< what fired and ended, and who could not be told
    bool more_reloads = false;       ///< older ones
    bool more_alerts = false;
};

/// One pass over the minutes, and the rows of the newest 500 in which something is.
[[nodiscard]] result<policy_history> find_policy_history(
    ledger::reader& from, const ledger::range& when
);

/// The first change of a process's policy after `since`, and up to `until`.
[[nodiscard]] result<std::optional<policy_reload>> find_next_change(
    ledger::reader& from, std::int64_t process, ledger::wall_time since, ledger::wall_time until
);

/// A row of a reload; nothing of any other row.
[[nodiscard]] std::optional<policy_reload> reload_of(const ledger::kept_operation& row);

/// Of a change: "by a reload of curfew.toml: request.timeout from 30s to 5s". Of what is from
/// outside, control bytes are spaces.
[[nodiscard]] std::string to_text(const policy_reload& of);

/// Of any: "the policy was changed by a reload of ...", "a reload of curfew.toml was refused: ...".
[[nodiscard]] std::string sentence_of(const policy_reload& of);

/// "alert slow is firing: ...", "alert sink chat failed: nobody listens there".
[[nodiscard]] std::string sentence_of(const alert_step& of);

}  // namespace curfew::report
