#pragma once

#include "database.hpp"

namespace curfew::ledger {

inline constexpr std::int64_t schema_version = 1;

/// "CRFW": tells a ledger from other SQLite files (PRAGMA application_id).
inline constexpr std::int64_t application_id = 0x43524657;

/// Whether the file is a ledger of a version that this program reads: `ledger_foreign` for another
/// program's database, `ledger_newer` for one from a newer Curfew. Writes nothing. The answer is
/// the version; zero: an empty file.
[[nodiscard]] result<std::int64_t> version_of(database& of) noexcept;

/// Makes the tables, or brings them to this version, in one transaction; what version_of refuses,
/// it refuses, and leaves the file as it is. Safe when several processes do it at once.
[[nodiscard]] result<> migrate(database& of) noexcept;

}  // namespace curfew::ledger
