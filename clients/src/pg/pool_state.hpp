#pragma once

#include "keeper.hpp"
#include <curfew/clients/pg/pool.hpp>

#include <condition_variable>
#include <mutex>
#include <vector>

namespace curfew::pg {

/// What the handle, its leases and its keeper share.
struct pool_state final : breaker_listener {
    /// One place of the pool. The session belongs to who holds the place; the rest is under the
    /// lock.
    struct connection {
        session is;
        holder who{};
        time_point since{};
        int process = 0;  // the server's
        bool leased = false;
        bool leak_told = false;
    };

    pool_state(target at, pool_options options);
    ~pool_state() override = default;

    [[nodiscard]] reply<lease> acquire(const bound& limit, holder who);
    void close();

    /// Waits until nobody waits in `acquire` any more; after `close`.
    void see_out();

    /// Returns a place. The session is closed if it is not `well`, or not wanted any more.
    void give_back(curfew::pool::permit place, bool well, time_point now) noexcept;

    /// To the keeper: the session goes along.
    void give_up(curfew::pool::permit place, patient one) noexcept;

    void suspect(time_point now) noexcept;
    void on_transition(const breaker_transition& change) noexcept override;

    [[nodiscard]] error told(
        operation during, trouble what, cause why, const budget& spent, time_point now
    ) const;
    [[nodiscard]] error refused(
        operation during, const breaker_refusal& by, const budget& spent, time_point now
    ) const;
    /// A bound that has passed.
    [[nodiscard]] error late(operation during, const budget& spent, time_point now) const;

    void record(
        std::string_view name,
        const budget& spent,
        time_point now,
        const error* why,
        std::string_view statement
    );
    void tell_slow(std::string_view statement, duration took, std::size_t rows);
    void tell_leaks(time_point now);

    const target where;
    const pool_options how;
    const steady_clock time{};
    curfew::breaker guard;
    mutable std::mutex mutex;
    mutable std::mutex telling;  // one callback at a time
    curfew::pool decisions;
    std::vector<connection> connections;
    std::uint32_t visits = 0;  // under the lock
    std::condition_variable left;
    keeper care;  // last: it ends first

  private:
    /// An acquire that has to wait for something: the pool stays until it is out.
    class visit;

    [[nodiscard]] reply<curfew::pool::permit> take_place(budget& spent, holder who, visit& here);
    [[nodiscard]] reply<> make_ready(curfew::pool::permit& place, budget& spent);
    /// Nothing is said about a connection by a caller whose time was over before it could answer.
    [[nodiscard]] reply<bool> is_alive(curfew::pool::permit& place, budget& spent);
    [[nodiscard]] reply<> open(curfew::pool::permit& place, budget& spent);
    [[nodiscard]] error not_opened(
        curfew::pool::permit& place,
        answer<session>& made,
        const trouble& why,
        breaker::permit allowed,
        const budget& spent,
        const bound& limit,
        time_point began
    );
};

/// A connect went well. While the breaker is closed that says nothing: a database that lets in and
/// then hangs would never open it.
void finish_connect(breaker::permit& allowed, time_point now) noexcept;

/// The caller's deadline as a bound, `none` if there is none.
[[nodiscard]] bound inherited(deadline until, time_point now) noexcept;

}  // namespace curfew::pg
