#pragma once

#include <curfew/clients/pg/session.hpp>
#include <curfew/core/budget.hpp>
#include <curfew/preflight/check.hpp>
#include <curfew/runtime/resolver.hpp>

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace curfew::preflight {

/// One connection to a PostgreSQL on the loop, as the limits of `[database]` bound it. What runs
/// out of time is told as "Database connection timeout: 76.2s exceeded limit 75.0s". Thread rule:
/// the loop's thread.
class database_probe {
  public:
    /// `url` outlives it: a URL or words, as libpq reads them.
    database_probe(const instruments& with, const std::string& url);

    /// Name look-up, TCP, TLS and login, within `database.connection`. Of a host with several
    /// addresses one after the other is tried, each with its share of the time.
    [[nodiscard]] runtime::task<std::optional<finding>> connect(runtime::scope& under);

    /// One statement, within `database.query`. One that is given up on is cancelled on the server,
    /// for which it takes at most a second more, and the connection is closed.
    [[nodiscard]] runtime::task<std::expected<pg::rows, finding>> ask(
        std::string statement, runtime::scope& under
    );

    /// Where the time of both went: name look-up (`resolve`), TCP, TLS and login (`connect`),
    /// statements (`attempt`).
    [[nodiscard]] const time_account& account() const noexcept { return spent_.account(); }

    /// "127.0.0.1:5432/shop", without user and password; after `connect`.
    [[nodiscard]] const std::string& where() const noexcept { return where_; }

  private:
    [[nodiscard]] runtime::task<std::optional<finding>> reach(runtime::scope& under);
    [[nodiscard]] runtime::task<std::optional<finding>> connect_to(
        const pg::target& whom, std::vector<std::string> addresses, runtime::scope& under
    );
    [[nodiscard]] runtime::task<> cancel();

    instruments with_;
    const std::string& url_;
    runtime::resolver resolver_;
    pg::session session_;
    budget spent_;
    std::string where_;
};

}  // namespace curfew::preflight
