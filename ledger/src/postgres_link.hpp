#pragma once

#include <curfew/clients/pg/session.hpp>
#include <curfew/core/clock.hpp>
#include <curfew/core/deadline.hpp>
#include <curfew/ledger/place.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace curfew::ledger {

/// How a thread waits for a database.
struct postgres_waiting {
    const clock& time;
    /// Asked ten times a second while it waits; false: gives up at once. None: only waits.
    std::function<bool()> meanwhile{};
};

/// A connection to a PostgreSQL for a thread that may wait: each step ends by its own limit and by
/// that of the work it is part of. What was given up on is closed: its transaction is undone, or
/// was committed without our hearing of it.
/// Thread rule: one thread at a time.
class postgres_link {
  public:
    /// Names are looked up within `database.connection` too; of their addresses one after the other
    /// is tried, each with its share of that time.
    [[nodiscard]] static pg::answer<postgres_link> open(
        const std::string& url, const database_limits& limits, const postgres_waiting& how
    );

    /// What follows is one piece of work, which ends within `limit`.
    void begin_work(duration limit) noexcept;

    /// Several statements without parameters; the rows of the last one.
    [[nodiscard]] pg::answer<pg::rows> run(const std::string& script);

    [[nodiscard]] pg::answer<pg::rows> ask(
        std::string_view statement, std::span<const pg::parameter> values
    );

    /// `COPY ... FROM STDIN` with all of `data`.
    [[nodiscard]] pg::answer<> copy(const std::string& statement, std::string_view data);

    /// Leaves a transaction that failed, if there is one and the connection still is.
    void roll_back();

    [[nodiscard]] bool is_lost() const noexcept;

  private:
    explicit postgres_link(
        pg::session on, const database_limits& limits, const postgres_waiting& how
    );

    [[nodiscard]] pg::answer<> finish(duration limit, std::string_view name);

    pg::session on_;
    database_limits limits_;
    postgres_waiting how_;
    deadline work_until_;
};

}  // namespace curfew::ledger
