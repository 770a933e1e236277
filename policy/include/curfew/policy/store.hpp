#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace curfew::policy {

// What `ledger.store` and `--ledger` name: a file, or a database of PostgreSQL as a URL of libpq
// (`postgresql://USER:PASSWORD@HOST:PORT/NAME?sslmode=require`, also `postgres://`).

/// Whether it is written as a database is; whether that makes sense is `wrong_store`'s.
[[nodiscard]] bool is_database(std::string_view store) noexcept;

/// What may be told of it: a file as it is, of a database `postgresql://HOST:PORT/NAME`, without
/// user, password and parameters. What cannot be taken apart is shown as `postgresql://(hidden)`.
[[nodiscard]] std::string shown_store(std::string_view store);

/// For files that belong to the database: `postgresql-HOST-PORT-NAME`, at most 160 characters, each
/// of them a letter, a digit, a dot or a hyphen.
[[nodiscard]] std::string file_name_of(std::string_view database);

/// Why it names no store, in words that tell nothing of it.
struct store_problem {
    std::string_view sentence;
    std::string_view hint;
};

[[nodiscard]] std::optional<store_problem> wrong_store(std::string_view store) noexcept;

}  // namespace curfew::policy
