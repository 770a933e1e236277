#pragma once

#include <curfew/clients/pg/error.hpp>
#include <curfew/clients/pg/pool_options.hpp>
#include <curfew/core/budget.hpp>

#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace curfew::pg {

class pool;
class transaction;
struct pool_state;

/// One connection of a pool, for one thread at a time, until it is destroyed. One that is in a
/// transaction then is rolled back first; one that cannot be used any more is closed.
/// Move-only. Must not outlive its pool.
class lease {
  public:
    lease() noexcept;
    lease(lease&& other) noexcept;
    lease& operator=(lease&& other) noexcept;
    ~lease();

    /// Runs one statement, `values` for its `$1`, `$2`, ... It ends by the least of `until`, the
    /// limit `query` and, in a transaction, what that has left. The server is told the same limit
    /// (`statement_timeout`), and when it passes here, gets a CancelRequest; this thread does not
    /// wait for that: the lease is over then (`usable()`), its place comes back when the server has
    /// ended the statement.
    [[nodiscard]] reply<rows> query(
        std::string_view statement, std::span<const parameter> values, deadline until = {}
    );

    [[nodiscard]] reply<rows> query(
        std::string_view statement,
        std::initializer_list<parameter> values = {},
        deadline until = {}
    ) {
        return query(statement, std::span{values.begin(), values.size()}, until);
    }

    /// BEGIN, or `BEGIN ISOLATION LEVEL SERIALIZABLE` and its kin. One at a time.
    [[nodiscard]] reply<transaction> begin(std::string_view how = "BEGIN", deadline until = {});

    /// Whether it takes a statement: false when it was given up on, or its connection broke.
    [[nodiscard]] bool usable() const noexcept;

    /// The connection itself, for what is not here (COPY): drive it under a deadline, and leave it
    /// `ready`. What is begun there has no limit on the server but, in a transaction that has not
    /// run a statement yet, that of the transaction. The lease must be usable.
    [[nodiscard]] session& connection() noexcept;

    /// How it came: the time that the acquire took, stage by stage.
    [[nodiscard]] const time_account& account() const noexcept { return account_; }

  private:
    friend class pool;
    friend class transaction;
    friend struct pool_state;

    lease(pool_state& home, curfew::pool::permit place, const time_account& account) noexcept;

    enum class form : std::uint8_t { statement, script };

    [[nodiscard]] reply<rows> run(
        operation during,
        form as,
        std::string_view statement,
        std::span<const parameter> values,
        deadline until
    );
    [[nodiscard]] error failed(
        operation during,
        const trouble& why,
        const budget& spent,
        bool of_transaction,
        time_point now
    ) const;
    [[nodiscard]] error over(operation during, const budget& spent, time_point now) const;
    void settle(breaker::permit allowed, const error* why, time_point now) noexcept;
    void give_up() noexcept;
    void roll_back() noexcept;
    void release() noexcept;

    pool_state* home_ = nullptr;
    curfew::pool::permit place_;
    time_account account_{};
    bound transaction_limit_{};  // of the open transaction
    time_point transaction_began_{};
    time_point rested_since_{};  // of the open transaction: its last statement ended
    bool in_transaction_ = false;
};

/// Statements that take effect together, by `commit`, or not at all: leaving it in any other way
/// rolls it back. It ends by the limit `transaction`, and the server ends it when it does nothing
/// for `idle`. Its lease must outlive it.
class transaction {
  public:
    transaction(transaction&& other) noexcept : of_{std::exchange(other.of_, nullptr)} {}

    transaction& operator=(transaction&&) = delete;
    ~transaction();

    [[nodiscard]] reply<rows> query(
        std::string_view statement, std::span<const parameter> values, deadline until = {}
    );

    [[nodiscard]] reply<rows> query(
        std::string_view statement,
        std::initializer_list<parameter> values = {},
        deadline until = {}
    ) {
        return query(statement, std::span{values.begin(), values.size()}, until);
    }

    /// An error with `outcome_unknown` means just that: it may have been committed.
    [[nodiscard]] reply<> commit(deadline until = {});

    /// At once; whether the server heard it does not matter, it rolls back by itself.
    void roll_back() noexcept;

  private:
    friend class lease;

    explicit transaction(lease& of) noexcept : of_{&of} {}

    lease* of_;
};

/// Connections to one PostgreSQL for the threads of a program. Each thread drives the connection it
/// holds; beside them there is one thread more, the keeper, which sends cancellations, finishes
/// what was given up on, closes what is too old, and tells of leaks. It sleeps when nothing is due.
///
///     pg::pool shop{*pg::target::parse(url), {.environment = "production"}};
///     if (auto ready = shop.initialize(); !ready) return complain(ready.error().message());
///     ...
///     auto held = shop.acquire(until);                 // first come, first served
///     auto found = held->query("SELECT name FROM item WHERE id = $1", {17}, until);
///
/// Everything ends by a deadline: the one that is passed, and the limit of its own kind. What went
/// wrong is an `error`; once it is made, nothing is thrown but what cannot happen (std::bad_alloc).
/// Thread rule: any thread; a lease belongs to one thread at a time. Leases must not outlive it.
class pool {
  public:
    /// Opens nothing yet. Throws std::invalid_argument of options that cannot be (`problem_of`).
    explicit pool(target where, pool_options how = {});
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;

    /// As `close`. Everybody who waits is refused, and it waits until they are out; likewise for
    /// who is opening a connection, which ends by its own limit.
    ~pool();

    /// Opens a first connection and asks it something, within the limit `initialization`.
    [[nodiscard]] reply<> initialize(deadline until = {});

    /// A connection that works: an idle one (asked whether it is alive if it rested for long), a
    /// new one, or the next that comes back. A connect that takes longer than this acquire may is
    /// not lost: the keeper finishes it for who comes next.
    [[nodiscard]] reply<lease> acquire(
        deadline until = {}, holder who = std::source_location::current()
    );

    /// acquire, one statement, and back.
    [[nodiscard]] reply<rows> query(
        std::string_view statement,
        std::initializer_list<parameter> values = {},
        deadline until = {},
        holder who = std::source_location::current()
    );

    [[nodiscard]] pool_status status() const;
    [[nodiscard]] breaker_status breaker() const;

    /// Refuses from now on, and closes what is idle. Leases that are out are closed when they come
    /// back. The second time nothing happens.
    void close();

  private:
    std::unique_ptr<pool_state> state_;
};

}  // namespace curfew::pg
