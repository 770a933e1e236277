#pragma once

#include "file_identity.hpp"
#include <curfew/core/failure.hpp>
#include <curfew/ledger/records.hpp>

#include <string>

namespace curfew::ledger {

/// Whether what is no readable database at `path` was a ledger once: the mark of a SQLite file
/// with a few bytes wrong, our application id, or nothing but zeros (a file system after a power
/// failure). Anything else is somebody else's file, which a wrong `--ledger` named.
[[nodiscard]] bool was_a_ledger(const std::string& path);

/// Renames a damaged ledger and its write-ahead log to `PATH.damaged-20261121T012345Z`; the answer
/// is that name. Only if `path` is still the file `which`: another process may have done it, and
/// then the name is empty.
[[nodiscard]] result<std::string> set_aside(
    const std::string& path, const file_identity& which, wall_time now
);

}  // namespace curfew::ledger
