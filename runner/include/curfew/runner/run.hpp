#pragma once

#include <curfew/core/event.hpp>
#include <curfew/core/trace_context.hpp>
#include <curfew/policy/policy.hpp>
#include <curfew/runner/attempt.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::runner {

/// The name of a limit that nobody said.
inline constexpr std::string_view default_limit = "default";

/// A command, and what holds for it.
struct run_order {
    std::vector<std::string> command;       ///< not empty
    policy::kind_policy rules;              ///< `name` empty: of no kind
    std::string limit_name{default_limit};  ///< who said it: "kind.unit.timeout", "--timeout"
    trace_context id{};            ///< of the run; its trace is what `curfew explain` is asked
    std::string hang_directory{};  ///< for hang-<id>.txt; empty: none is written

    /// "unit", or the program's name.
    [[nodiscard]] std::string name() const;

    /// 32 hexadecimal digits.
    [[nodiscard]] std::string run_id() const;
};

/// What became of it.
struct run_report {
    std::optional<failure> not_started;
    std::vector<attempt_report> attempts;  ///< those that began; the last one counts

    [[nodiscard]] const attempt_report* last() const noexcept {
        return attempts.empty() ? nullptr : &attempts.back();
    }

    /// It passed, but not at once.
    [[nodiscard]] bool flaky(const policy::kind_policy& rules) const noexcept;

    /// Whether that attempt was none of the failures that are tried again.
    [[nodiscard]] static bool passed(
        const attempt_report& one, const policy::kind_policy& rules
    ) noexcept;
};

/// Hears what there is to say while it runs, in one sentence each: `error` of what went wrong,
/// `warning` of the rest.
using teller = std::function<void(policy::severity level, const std::string& sentence)>;

/// Runs it, and again while that is allowed and useful: not when somebody ended it, and not when it
/// could not be started.
[[nodiscard]] run_report run(
    process::host& machine,
    const run_order& what,
    signal_inbox& signals,
    const clock& time,
    const teller& tell
);

/// The exit code of `curfew run`: the command's own (128 + N if signal N ended it), 124 when its
/// time was over, 0 where that counts as a pass; 1 when what it left behind is a failure; 127, 126,
/// 125 when it could not be started.
[[nodiscard]] int exit_code_of(const run_report& made, const policy::kind_policy& rules) noexcept;

/// `completed`: the exit code is the command's. `own_timeout`, `cancelled` (a signal to Curfew
/// ended it), `failed` (it did not start, or what it left behind is a failure): it is ours.
[[nodiscard]] cause_kind cause_of(
    const run_report& made, const policy::kind_policy& rules
) noexcept;

/// What kept it from being started, or its end from being known.
[[nodiscard]] std::optional<errc> error_of(const run_report& made) noexcept;

/// docs/schema/run.json: what `--result FILE` and `--json` hold. Without the command's arguments.
[[nodiscard]] std::string to_json(const run_report& made, const run_order& what);

/// The operation that it is, of the surface `command`, which ended at `now`; it lives as long as
/// the call.
void with_event(
    const run_report& made,
    const run_order& what,
    time_point now,
    const std::function<void(const event&)>& use
);

}  // namespace curfew::runner
