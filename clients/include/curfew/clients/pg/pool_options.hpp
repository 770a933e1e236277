#pragma once

#include <curfew/clients/pg/session.hpp>
#include <curfew/core/breaker.hpp>
#include <curfew/core/event.hpp>
#include <curfew/core/pool.hpp>

#include <functional>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>

namespace curfew::pg {

/// How long each thing may take. The defaults are those of development.
struct limits {
    duration initialization = std::chrono::seconds{30};
    duration connection = std::chrono::seconds{20};  ///< name look-up, TCP, TLS and login together
    duration acquire = std::chrono::seconds{10};
    duration query = std::chrono::seconds{30};
    duration transaction = std::chrono::seconds{60};
    duration idle = std::chrono::seconds{30};  ///< of a transaction that does nothing

    /// Those of `[database]` in a policy (policy::database_policy).
    template <class Section>
    [[nodiscard]] static limits of(const Section& database) {
        return {
            database.initialization,
            database.connection,
            database.acquire,
            database.query,
            database.transaction,
            database.idle
        };
    }
};

/// Who holds a connection: told when it is held for too long.
struct holder {
    std::string_view name{};  ///< of the source file, or what the caller said; static storage
    std::uint32_t line = 0;   ///< 0: the caller said the name

    holder() noexcept = default;

    // NOLINTNEXTLINE(google-explicit-constructor): where it is called from is the default
    holder(const std::source_location& where) noexcept
        : name{where.file_name()}, line{where.line()} {}

    // NOLINTNEXTLINE(google-explicit-constructor)
    holder(const char* said) noexcept : name{said} {}

    /// "orders.cpp:42", or the name as it was said.
    [[nodiscard]] std::string text() const;
};

/// A lease that is out for longer than `leak_after`. Told once for each.
struct leak {
    holder who;
    duration held{};
    int server_process = 0;  ///< for a look into pg_stat_activity
};

/// A statement that took `slow_after` or longer, well or not.
struct slow_statement {
    std::string text;  ///< its first 100 characters, literals removed
    duration took{};
    std::size_t rows = 0;
};

/// All that a pool is made with. The callbacks may be called from any thread that uses the pool,
/// and from its keeper's; never while its lock is held, and two of them never at the same time.
/// They must be quick, must not throw, and must not use the pool.
struct pool_options {
    std::string name = "database";  ///< in events
    std::string environment = "development";
    limits limit{};
    pool_config places{};      ///< 5 and 10 more, first come first served, 1 h, checked after 0.5 s
    breaker_config breaker{};  ///< 5 failures or timeouts of ours in a row, 60 s
    session_options session{};

    /// How long a connection may take to tell that it is alive, before it is made anew.
    duration check = std::chrono::seconds{1};

    /// How long the server may take to end what was cancelled, before its connection is closed.
    duration ending = std::chrono::seconds{5};

    duration slow_after = std::chrono::milliseconds{500};
    duration leak_after = std::chrono::seconds{60};
    std::function<void(const slow_statement&)> on_slow{};
    std::function<void(const leak&)> on_leak{};

    /// The signals of pressure as they are now, for the details of an error: "vpc 0.80".
    std::function<std::string()> pressure{};

    /// Hears of every acquire and every statement (surface `database`), by one thread at a time.
    event_sink* events = nullptr;

    std::uint64_t seed = 0;  ///< of the ages
};

/// What cannot be in it, in one sentence: "limit.query is not longer than nothing". Nothing: all of
/// it can.
[[nodiscard]] std::optional<std::string> problem_of(const pool_options& how);

}  // namespace curfew::pg
