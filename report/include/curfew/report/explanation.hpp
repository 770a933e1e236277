#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/ledger/reader.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace curfew::report {

/// Which layer of the policy a limit came from, in the process that applied it.
struct limit_source {
    std::string value;   ///< as it would be written in the file; empty: the built-in default
    std::string layer;   ///< "file", "flag", ...; "built-in"
    std::string origin;  ///< "curfew.toml:3:11", "--timeout"
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
    std::vector<ledger::kept_operation> backend;  ///< its steps, 2 min before to 1 min after
    std::optional<ledger::mark> deployed;         ///< the last deploy before it, within a day
    std::vector<std::string> advice;              ///< what to do, a sentence each
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
