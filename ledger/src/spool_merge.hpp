#pragma once

#include "store.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace curfew::ledger {

/// What came of taking over.
struct merged {
    bool more = false;                   ///< there was more than one turn takes
    std::size_t torn = 0;                ///< files without anything that makes sense, removed
    std::vector<std::string> refused{};  ///< files that no store will ever take, renamed
};

/// Takes over what lies beside a ledger at `base`, the oldest first, at most 64 files a turn: the
/// spool of short-lived commands, what an earlier merge left, and batches that waited for their
/// database. Each is renamed aside, read when no command appends to it any more, added in one
/// transaction that also keeps its name, and removed. An empty or a torn batch counts as torn.
/// Killed in between, the next merge goes on where it was. Failures are the store's; what cannot be
/// read, or was written by a newer Curfew, is left for later.
[[nodiscard]] result<merged> merge_spools(store& to, const std::string& base, wall_time now);

/// Whether there is anything to take over.
[[nodiscard]] bool has_spool(const std::string& base);

}  // namespace curfew::ledger
