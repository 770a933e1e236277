#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/policy/policy.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace curfew::ledger {

/// Where the ledger is when nobody says otherwise, from the environment's `XDG_STATE_HOME` and
/// `HOME` (nullptr: not set): `$XDG_STATE_HOME/curfew/ledger.db`, or
/// `$HOME/.local/state/curfew/ledger.db`. A path that is not absolute does not count (XDG Base
/// Directory Specification 0.8). `bad_usage` when neither says a place.
[[nodiscard]] result<std::string> default_path(const char* xdg_state_home, const char* home);

/// Makes the directory of `path`, and those above it, for this user alone (0700). What exists is
/// left as it is. `io_error` with errno.
[[nodiscard]] result<> make_directory_of(const std::string& path);

/// How long a database is waited for, step by step.
struct database_limits {
    duration connection = std::chrono::seconds{20};   ///< name, TCP, TLS and login together
    duration query = std::chrono::seconds{30};        ///< one statement
    duration transaction = std::chrono::seconds{60};  ///< one batch
};

/// A database of PostgreSQL.
struct database_place {
    std::string url;  ///< as libpq reads it; a secret
    database_limits limits{};
    std::uint64_t spool_max = std::uint64_t{256} << 20;  ///< what may wait for it on this disk
};

/// Where a ledger is kept.
struct place {
    /// The file. Of a ledger in a database, what the files beside it begin with, which wait until
    /// it can be reached.
    std::string path;
    std::optional<database_place> database{};

    /// What may be told of it: the file, or `postgresql://HOST:PORT/NAME`.
    [[nodiscard]] std::string shown() const;
};

/// What a policy says, `ledger.store` before `ledger.path` before the usual place. `bad_usage` when
/// nothing says where its files are.
[[nodiscard]] result<place> place_of(
    const policy::policy& rules, const char* xdg_state_home, const char* home
);

}  // namespace curfew::ledger
