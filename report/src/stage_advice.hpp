#pragma once

#include <curfew/report/explanation.hpp>

#include <optional>
#include <string>
#include <vector>

namespace curfew::report {

/// Whether it ended by a time, came close to one, or was slow: only then is where its time went
/// worth a word.
[[nodiscard]] bool time_mattered(const ledger::kept_operation& of) noexcept;

/// The stage that took most, of those over half of the time; waits for a backend are one.
[[nodiscard]] std::optional<stage> dominant_stage(const ledger::kept_operation& of);

/// Says what took most of an operation's time, and where to look for why.
void advise_on_stage(const explanation& of, std::vector<std::string>& to);

/// The end or hang of the backend nearest to it, within a few seconds of its time; else null.
[[nodiscard]] const ledger::kept_operation* incident_beside(const explanation& of) noexcept;

/// "exit 0.20 s before it began (the backend was killed by signal 9)"
[[nodiscard]] std::string incident_text(
    const ledger::kept_operation& step, const ledger::kept_operation& what
);

/// "0.20 s before it began", "... after it began", "... after it ended".
[[nodiscard]] std::string apart(ledger::wall_time at, const ledger::kept_operation& what);

/// Where the backend's own log speaks of it: "its log has it as trace 0af7... from 12:00:01Z on".
[[nodiscard]] std::string log_hint(const ledger::kept_operation& what);

}  // namespace curfew::report
