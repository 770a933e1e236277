#pragma once

#include "database.hpp"

#include <span>

namespace curfew::ledger {

inline constexpr std::int64_t schema_version = 1;

/// "CRFW": tells a ledger from other SQLite files (PRAGMA application_id).
inline constexpr std::int64_t application_id = 0x43524657;

/// Step i is the SQL that brings version i to i + 1.
using schema_steps = std::span<const char* const>;

/// Those of this program: `schema_version` of them. Others are for tests.
[[nodiscard]] schema_steps released_steps() noexcept;

/// Whether the file is a ledger of a version that this program reads: `ledger_foreign` for another
/// program's database, `ledger_newer` for one from a newer Curfew. Writes nothing. The answer is
/// the version; zero: an empty file.
[[nodiscard]] result<std::int64_t> version_of(
    database& of, schema_steps known = released_steps()
) noexcept;

/// Makes the tables, or brings them to the version of the last step, in one transaction; what
/// version_of refuses, it refuses, and leaves the file as it is. Safe when several processes do it
/// at once.
[[nodiscard]] result<> migrate(database& of, schema_steps steps = released_steps()) noexcept;

}  // namespace curfew::ledger
