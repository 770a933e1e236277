#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/ledger/reader.hpp>
#include <curfew/report/policy_history.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace curfew::report {

/// One operation over a stretch of time, all of it: nothing here is sampled.
struct operation_figures {
    surface where = surface::http;
    std::string name;
    std::array<std::uint64_t, 5> by_outcome{};  ///< index: outcome
    std::uint64_t near_misses = 0;              ///< ended by themselves, over 80 % of their limit
    histogram took;  ///< of successes and failures; times that were cut off are no times
    ledger::stage_times spent{};  ///< of all of them

    [[nodiscard]] std::uint64_t count() const noexcept;
    [[nodiscard]] std::uint64_t count(outcome of) const noexcept;
};

/// How many ended one way: an operation, a cause and its limit.
struct ending {
    ledger::series what;
    std::uint64_t count = 0;
    std::string trace_id;  ///< of an example, for `curfew explain`; empty: no row is left
};

/// A near miss that has a row.
struct near_miss {
    ledger::kept_operation what;
    double share = 0;  ///< of its limit
};

/// One point of the plots.
struct slot {
    std::uint64_t ended = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t failed = 0;
    std::uint64_t refused = 0;
};

/// What a stretch of time looked like.
struct summary {
    ledger::range when{};
    std::optional<surface> where;  ///< what was asked for
    std::string path;
    ledger::coverage covers;
    std::vector<operation_figures> operations;  ///< the most frequent first
    std::vector<ending> timed_out;              ///< the most frequent first
    std::vector<ending> failed;
    std::vector<ending> refused;    ///< shed, breaker, rejected, shutdown
    std::vector<ending> cancelled;  ///< the caller left
    std::vector<near_miss> near;    ///< the nearest first, at most 20
    std::vector<ending> backend;    ///< its steps
    std::uint64_t bypassed = 0;     ///< starts that went on although checks of them had failed
    std::vector<ledger::kept_operation> incidents;  ///< of the backend, newest first, at most 20
    std::vector<ledger::kept_operation> starts;     ///< what they found and decided, likewise
    std::vector<ledger::kept_operation> bypasses;   ///< those of them, likewise
    std::vector<ledger::mark> marks;
    policy_history policy;
    std::vector<ledger::instance> processes;
    ledger::fates became{};
    duration slot_length{};
    std::vector<slot> slots;

    [[nodiscard]] std::uint64_t count() const noexcept;
    [[nodiscard]] std::uint64_t count(outcome of) const noexcept;
    [[nodiscard]] std::uint64_t near_misses() const noexcept;
};

struct question {
    ledger::range when{};  ///< both ends are given
    /// Of operations; the backend's steps, reloads and alerts are told anyway. Those alone where it
    /// is their surface: `supervisor`, `policy`, `startup`.
    std::optional<surface> where{};
    bool examples = true;  ///< look for rows too
};

/// One pass over the minutes, one over the newest rows.
[[nodiscard]] result<summary> summarize(ledger::reader& from, const question& what);

/// A summary, and the stretch before it where one was asked for.
struct comparison {
    summary now;
    std::optional<summary> before;
};

/// For a terminal; operations beyond the first 20 are counted, not listed.
[[nodiscard]] std::string to_text(const comparison& of);

/// One HTML file with plots: nothing in it asks the network for anything.
[[nodiscard]] std::string to_page(const comparison& of);

/// docs/schema/report.json: all of it.
[[nodiscard]] std::string to_json(const comparison& of);

}  // namespace curfew::report
