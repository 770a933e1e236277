#pragma once

#include "table.hpp"
#include <curfew/ledger/ledger.hpp>
#include <curfew/ledger/place.hpp>
#include <curfew/ledger/reader.hpp>
#include <curfew/policy/policy.hpp>

#include <expected>
#include <string>

namespace curfew::cli {

/// The ledger that an invocation means, by `--ledger`, the policy or the usual place.
struct opened_ledger {
    std::string path;  ///< or where in a database, as it may be shown
    ledger::reader book;
};

/// The wall clock, for what is shown.
[[nodiscard]] ledger::wall_time wall_now();

/// The clocks of one that is written.
[[nodiscard]] ledger::times ledger_clocks();

/// Where it is; an exit code after a complaint where the policy does not validate, names none, or
/// nothing says a place.
[[nodiscard]] std::expected<ledger::place, int> ledger_place(const invocation& line);

[[nodiscard]] std::expected<ledger::place, int> ledger_place(const policy::policy& of);

/// Opens it for reading, with what short-lived commands left beside it taken over. An exit code
/// after a complaint: 1 where there is none, else that of the error.
[[nodiscard]] std::expected<opened_ledger, int> open_ledger(const invocation& line);

/// One sentence on what is wrong with it; the exit code.
int complain_about_ledger(const opened_ledger& which, failure why);

}  // namespace curfew::cli
