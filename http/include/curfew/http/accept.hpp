#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/core/failure.hpp>
#include <curfew/runtime/bell.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/task.hpp>
#include <curfew/runtime/task_group.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

namespace curfew::http {

struct in_cap;
struct in_members;
class resting_connections;

/// How many connections may be open at a time, over all the loops that accept under it.
/// Thread rule: any thread.
class connection_cap {
  public:
    /// Called with why nothing could be accepted, at most once a minute over all loops, on the
    /// loop that met it. Must be quick, and must not throw.
    using shortage_listener = std::function<void(failure)>;

    explicit connection_cap(std::size_t most) noexcept : most_{most} {}

    /// Before anyone accepts under it: lowers the cap to `most`; never raises it.
    void narrow(std::size_t most) noexcept { most_ = std::min(most_, most); }

    /// Before anyone accepts under it.
    void tell_shortages_to(shortage_listener listener) { short_of_ = std::move(listener); }

    [[nodiscard]] std::size_t most() const noexcept { return most_; }

    /// Takes a place, if there is one.
    [[nodiscard]] bool try_enter() noexcept;

    /// Gives a place back, and wakes one of those who wait for one.
    void leave() noexcept;

    /// Wakes one of those who wait, if there is a place.
    void invite() noexcept;

    [[nodiscard]] bool full() const noexcept { return open_.load() >= most_; }

    /// Something could not be accepted: tells the listener, if a minute has passed since the last.
    void note_shortage(failure why, time_point now);

    /// Wakes one of those who wait, full or not: a connection has come to rest that may be let go.
    void call_if_waited_for() noexcept;

    /// Somebody is kept out.
    void note_crowd(time_point now) noexcept { crowded_at_ = now.time_since_epoch().count(); }

    /// Whether somebody was kept out, or let go to make room, in the last 10 s.
    [[nodiscard]] bool crowded(time_point now) const noexcept;

    /// One loop's connections at rest, as the other loops see them.
    struct member : runtime::list_node<in_members> {
        explicit member(runtime::loop& on) noexcept : asked{on} {}

        std::atomic<std::size_t> count = 0;
        runtime::bell asked;  ///< one is to be let go
    };

    void add(member& one);
    void remove(member& one);

    /// Asks a loop that has connections at rest to let one go. O(loops).
    void ask_for_room();

    /// One loop's wait for a place: `bell` rings when it should try again. Lives on its thread.
    struct turn : runtime::list_node<in_cap> {
        turn(connection_cap& cap, runtime::loop& on);
        ~turn();

        connection_cap& of;
        runtime::bell bell;
    };

  private:
    // Whoever waits has counted itself before it looks again, whoever leaves looks after it has
    // gone: in the one order of both, one of them sees the other.
    std::atomic<std::size_t> open_ = 0;
    std::atomic<std::size_t> waiting_ = 0;
    std::size_t most_;
    std::atomic<duration::rep> next_telling_ = time_point::min().time_since_epoch().count();
    shortage_listener short_of_;
    std::mutex lock_;
    runtime::intrusive_list<turn, in_cap> turns_;
    runtime::intrusive_list<member, in_members> members_;
    std::size_t loops_ = 0;
    std::atomic<duration::rep> crowded_at_ = time_point::min().time_since_epoch().count();
};

/// Numbers of one listener, read on its loop.
struct accept_numbers {
    std::uint64_t accepted = 0;
    std::uint64_t shortages = 0;  ///< times no descriptor was left
    std::size_t open = 0;
};

/// Makes the task that serves one connection.
using connection_handler =
    std::function<runtime::task<>(std::unique_ptr<runtime::stream>, runtime::scope&)>;

/// Accepts what waits in the kernel's queue, within the cap, and does not wait: the last act of who
/// stops listening, so that nobody who has connected is reset.
void accept_waiting(
    runtime::listener& from,
    runtime::scope& connections,
    runtime::task_group& into,
    resting_connections& resting,
    const connection_handler& serve,
    accept_numbers& numbers
);

/// Accepts until `under` ends, each connection a task in `into` under `connections`. When the cap
/// of `resting` is full and somebody waits, the connection that has rested the longest is let go
/// (see resting_connections); while none may go, and while the machine has no descriptor left
/// (which the cap tells), the rest wait in the kernel's queue and nothing is dropped: the end of a
/// connection wakes it, and descriptors are looked for every 50 ms. A crowd that arrives at once
/// keeps the others waiting for 16 connections at a time.
[[nodiscard]] runtime::task<> accept_connections(
    runtime::listener& from,
    runtime::scope& under,
    runtime::scope& connections,
    runtime::task_group& into,
    resting_connections& resting,
    const connection_handler& serve,
    accept_numbers& numbers
);

}  // namespace curfew::http
