#pragma once

#include "postgres_link.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace curfew::ledger {

/// Where the tables are in the database.
inline constexpr std::string_view postgres_schema_name = "curfew";

/// What only one process at a time may do, as the second number of an advisory lock; the first is
/// `application_id`.
enum class exclusive : std::uint8_t {
    minutes = 1,   ///< adds to figures
    schema = 2,    ///< makes or upgrades tables
    trimming = 3,  ///< deletes what is old or too much
};

/// "pg_advisory_xact_lock(1129464407,1)"
[[nodiscard]] std::string lock_call(std::string_view function, exclusive what);

/// A step of the schema (schema.hpp) as PostgreSQL reads it: other names of types, an identity
/// instead of a row number, and no tables without one.
[[nodiscard]] std::string in_postgres(std::string_view step);

/// Whether the database has a ledger that this program reads: `ledger_foreign` for a schema
/// `curfew` of somebody else, `ledger_newer` for one from a newer Curfew; the answer is the
/// version, zero where there is none.
[[nodiscard]] pg::answer<std::int64_t> version_of(postgres_link& on);

/// Makes the schema and its tables, or brings them to this program's version, in one transaction;
/// what version_of refuses, it refuses. Safe when several processes do it at once.
[[nodiscard]] pg::answer<> migrate(postgres_link& on);

}  // namespace curfew::ledger
