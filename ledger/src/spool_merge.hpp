#pragma once

#include "store.hpp"

#include <string>

namespace curfew::ledger {

/// Takes over the spool of `ledger_path` and what an earlier merge left: each is renamed aside,
/// read when no command appends to it any more, added in one transaction that also keeps its name,
/// and removed. Killed in between, the next merge goes on where it was. Failures are the store's;
/// a spool that cannot be read is left for later.
[[nodiscard]] result<> merge_spools(store& to, const std::string& ledger_path, wall_time now);

/// Whether there is anything to take over.
[[nodiscard]] bool has_spool(const std::string& ledger_path);

}  // namespace curfew::ledger
