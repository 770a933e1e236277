#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/ledger/reader.hpp>
#include <curfew/report/policy_history.hpp>
#include <curfew/report/pressure_history.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace curfew::report {

/// Which layer of the policy a limit came from, in the process that applied it.
struct limit_source {
    std::string value;   ///< as it would be written in the file; empty: not known
    std::string layer;   ///< "file", "flag", ...; "built-in"; "caller": of the request itself
    std::string origin;  ///< "curfew.toml:3:11", "--timeout"; else as the layer
};

/// How the same operation went around it: exact, from the figures of the minutes.
struct surroundings {
    std::array<std::uint64_t, 5> by_outcome{};  ///< in its minute; index: outcome
    std::uint64_t refused_by_breaker = 0;       ///< in its minute
    std::uint64_t shed = 0;                     ///< in its minute
    duration queue_mean{};                      ///< time in the queue, of all in its minute
    std::uint64_t others = 0;                   ///< other operations in its minute
    std::uint64_t others_failed = 0;            ///< of these: failures and timeouts
    std::uint64_t usual_count = 0;              ///< successes from 30 min before to 30 min after
    duration usual_p50{};
    duration usual_p99{};
    duration usual_max{};
};

/// What happened to one operation, and what else was true then.
struct explanation {
    ledger::kept_operation what;
    std::optional<ledger::instance> process;
    std::optional<limit_source> source;  ///< of the limit that ended it; nothing: not known
    surroundings around;
    /// Of its steps, 2 min before to 1 min after, the 30 that tell most: ends, hangs and what was
    /// seen of one before mere starts, the nearest in time first. In order of time.
    std::vector<ledger::kept_operation> backend;
    std::size_t backend_left_out = 0;
    std::vector<pressure_step> pressure;           ///< what was up when it ended
    std::optional<ledger::mark> deployed;          ///< the last deploy before it, within a day
    std::optional<policy_reload> policy_by;        ///< the last change of the policy before it
    std::optional<policy_reload> policy_since;     ///< the first one after it began, within a day
    std::optional<ledger::kept_operation> before;  ///< of its like, what failed last before it
    std::optional<ledger::kept_operation> held_back;  ///< the step that had its route refused
    std::vector<std::string> advice;                  ///< what to do, a sentence each
};

/// All that the ledger knows under a trace, oldest first, at most `most`; empty where it knows
/// none.
[[nodiscard]] result<std::vector<explanation>> explain(
    ledger::reader& from, std::uint64_t trace_high, std::uint64_t trace_low, std::size_t most = 20
);

/// One screen for one operation.
[[nodiscard]] std::string to_text(const explanation& of);

/// docs/schema/explain.json.
[[nodiscard]] std::string to_json(const std::vector<explanation>& all);

}  // namespace curfew::report
