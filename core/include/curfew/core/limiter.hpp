#pragma once

#include <curfew/core/cause.hpp>
#include <curfew/core/clock.hpp>
#include <curfew/core/short_lock.hpp>

#include <array>
#include <cstdint>
#include <expected>
#include <string_view>

namespace curfew {

struct limiter_config {
    std::uint32_t start = 10;
    std::uint32_t floor = 1;  ///< at least 1: one call is always admitted
    std::uint32_t ceiling = 1000;

    /// How much of the limit one route may hold, rounded down, at least one place. 1..100.
    std::uint32_t route_share_percent = 50;

    /// A call is overdue when it took longer than `tolerance_percent` of its route's healthy time
    /// and at least `slack` more than it (below that, latency is scheduling noise), or longer than
    /// `max_healthy` (0: no such bound), whatever the route's own time says.
    std::uint32_t tolerance_percent = 150;  ///< above 100
    duration slack = std::chrono::microseconds{500};
    duration max_healthy{};

    /// What a cut leaves; it takes one place at least. 1..99.
    std::uint32_t backoff_percent = 90;

    /// A window begins with its first vote. It is judged when it holds this many (a quarter of the
    /// limit, if that is more) and has lasted `window_min`, or at once when most of them are
    /// time-outs. One that has not come that far after `window_max` is thrown away.
    std::uint32_t window_votes = 10;
    duration window_min = std::chrono::milliseconds{100};
    duration window_max = std::chrono::seconds{10};

    /// An overloaded upstream that was never almost idle for so long is measured anew.
    duration measure_every = std::chrono::seconds{30};

    friend bool operator==(const limiter_config&, const limiter_config&) noexcept = default;
};

[[nodiscard]] bool is_valid(const limiter_config& config) noexcept;

/// Why the limit changed.
enum class limit_reason : std::uint8_t {
    start,     ///< it has not changed yet
    demand,    ///< raised: calls were refused for want of a place, and those inside were healthy
    queue,     ///< cut: calls queue in the upstream, though less long than overdue ones would
    latency,   ///< cut: most calls were overdue
    timeouts,  ///< cut: most calls were overdue, and most of those timed out
    reconfigured,
};

[[nodiscard]] std::string_view to_string(limit_reason reason) noexcept;

struct limit_change {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    limit_reason why = limit_reason::start;
    time_point at{};
    std::uint64_t epoch = 0;    ///< counts changes
    std::uint32_t votes = 0;    ///< of the window that decided
    std::uint32_t overdue = 0;  ///< among them
};

struct limiter_status {
    std::uint32_t limit = 0;
    std::uint32_t in_flight = 0;
    bool measuring = false;   ///< a quarter of the limit for now
    std::uint32_t peak = 0;   ///< most in flight in the window that is filling
    bool overloaded = false;  ///< the last window judged was mostly overdue
    bool crowded = false;     ///< calls queue in the upstream, as far as the last window knew
    limit_change last{};
    std::uint64_t raised = 0;  ///< how often
    std::uint64_t cut = 0;
    std::uint64_t discarded = 0;  ///< thin windows thrown away
    std::uint64_t refused = 0;    ///< for the limit
    std::uint64_t refused_share = 0;
};

/// Hears of changes after they are complete and the limiter is unlocked again.
class limiter_listener {
  public:
    virtual ~limiter_listener() = default;
    virtual void on_limit(const limit_change& change) noexcept = 0;
};

/// Adaptive limit on the calls in flight to one upstream, and on one route's share of them.
/// Additive increase, multiplicative decrease; the signal is latency, relative to what each route
/// usually takes.
///
/// How it decides. Each call answers at most one of two questions, by how busy the upstream was
/// when it started:
///  - *Almost idle* (it was alone, or within a quarter of the limit): what is healthy for this
///    route? Each 16 of them move its healthy time a quarter of the way to their median. The first
///    16 calls of a route set it, idle or not: the limit at the start is trusted, until calls that
///    began almost alone are known.
///  - *Busy* (half the limit was taken, or half the share of its route): is this limit healthy? It
///    votes *overdue* or not; a time-out of our own is overdue by definition. When enough have
///    voted, a majority of overdue ones cuts the limit by `backoff`; otherwise the limit grows by
///    one, if a route that got answers had been refused a place meanwhile. Until calls queue for
///    the first time it grows by half, of long calls (a window of a second or more) by all of
///    itself; four votes are enough while none is overdue, and calls that began before have their
///    vote all the same (after the slow start of TCP): where it starts says nothing about the
///    upstream.
///
/// How long is the queue? Busy calls are also added up, over all routes: what they took against
/// what their routes take on average when almost idle. The ratio of the two sums is, by Little's
/// law, the part of the calls in flight that is being served. While they take more than half of the
/// tolerance allows (5/4), the limit is not raised; and when that has lasted a second and 64 calls'
/// worth of evidence (skewed ones count for less), it is cut once, to where that ratio is met and
/// where one route's share is less than what is being served, a tenth of it in reserve: the
/// workers, if they block. Never to less than half at once, nor, for less than `slack` a call,
/// below `start`. For `measure_every` after that it does not grow beyond; then it looks again.
/// Routes whose average is not known well enough (a few long calls among many short ones) have no
/// say here, and if they are more than a quarter of the work, votes alone decide.
///
/// So the queue inside the upstream stays short: eight blocking workers under several routes' load
/// end up with about ten calls in flight, of which no route holds more than five. The limit of an
/// upstream that nobody loads stays where it is. Busy calls correct the healthy time of their route
/// downwards only (when most take less than 3/4 of it), and never upwards: that would be learning
/// the overload. Under a load that never pauses, an upstream that is found overloaded, or to queue,
/// is measured anew every `measure_every`: new calls get a quarter of the limit until 64 have ended
/// and 250 ms have passed, or for two seconds. So a lasting change of its speed is learnt, and an
/// old incident forgotten. A majority is one beyond chance: two standard deviations of a coin toss,
/// 9 of 10 or 61 of 100.
///
/// One hung route. Its time-outs are votes among those of all routes, and only the ones that
/// started while busy; a burst of them is one window, so it cuts once: a change of the limit starts
/// a new epoch, and votes of calls that started in an older one are void. Its half-open probes run
/// alone and have no vote. Its refused calls are no demand, because it gets no answers. What
/// isolates it is its share, and its breaker. Calls that hang are set aside: however many they are,
/// half of the limit and at least one place is for the living. What bounds them is the share of
/// each route, its breaker, and the total cap over all upstreams.
///
/// Outcomes: success is a sample; failure says nothing about load (fast errors would look healthy);
/// an own timeout is a vote of overdue, never dropped; cancelled, ignored, inherited: nothing.
///
/// Known limits: traffic of a single route gets all workers but one (nine tenths, if they are
/// many), because its hang would take them; while it looks for more, a second or a few in every
/// `measure_every`, it can hold them all. Where votes alone decide, it settles at tolerance x
/// workers / share, and its hang can take them all at any time. So can it where the start is more
/// than the workers over the share and nothing has queued yet, or calls are shorter than `slack`.
/// Set `ceiling` to the number of workers where it is known. A lasting slowdown of all calls beyond
/// the tolerance is first taken for overload, until it has been measured (a minute or two).
///
/// Sources: AIMD after Chiu and Jain (1989); the queue's length after TCP Vegas (1994);
/// application-limited growth after RFC 7661 and Netflix concurrency-limits; the pitfalls in
/// research/resilience.md, section 3, items 10-15.
///
/// Thread rule: any thread (short lock); a permit belongs to one thread at a time. Permits and
/// routes must not outlive the limiter, nor permits their route. Nothing allocates, nothing throws.
class limiter {
  public:
    /// What the limiter knows of one route; kept by the caller beside the route's breaker, one for
    /// each (upstream, route). Touched by the limiter only. 232 bytes.
    class route {
      public:
        route() noexcept = default;
        route(const route&) = delete;
        route& operator=(const route&) = delete;

      private:
        friend class limiter;

        struct sums {
            std::uint32_t calls = 0;
            duration took{};
            double squares = 0;  // seconds
        };

        struct timing {
            sums idle;
            sums busy;
            double square = 0;
            std::uint32_t batches = 0;
            std::uint32_t round = 0;  // of measuring the last of these belongs to
        };

        duration service_{};  // the mean of calls that began almost idle; 0: unknown
        timing timed_;        // what service_ comes from
        duration healthy_{};  // 0: unknown
        std::array<duration, 16> batch_{};
        std::uint32_t batched_ = 0;
        std::uint32_t in_flight_ = 0;
        std::uint32_t busy_ = 0;        // busy samples since the last correction
        std::uint32_t busy_quick_ = 0;  // of these below 3/4 of healthy_
        bool refused_ = false;          // since the last healthy busy answer
    };

    /// One place. 40 bytes. Destroying one unreturned reports `ignored`.
    class permit {
      public:
        permit() noexcept = default;
        permit(permit&& other) noexcept;
        permit& operator=(permit&& other) noexcept;
        ~permit();

        /// Reports how the call ended and gives the place back. On a permit already returned: the
        /// caller's bug.
        void finish(outcome result, cause_kind why, time_point now) noexcept;

        /// The call hangs, or nobody waits for it any more. It keeps its place and counts in its
        /// route's share; but half of the limit stays with the calls that live. The second time
        /// nothing happens.
        void set_aside() noexcept;

        [[nodiscard]] bool held() const noexcept { return owner_ != nullptr; }

      private:
        friend class limiter;

        limiter* owner_ = nullptr;
        route* route_ = nullptr;
        time_point started_{};
        std::uint64_t epoch_ = 0;
        std::uint32_t round_ = 0;  // of measuring it started in; 0: none
        bool idle_ = false;
        bool busy_ = false;
        bool aside_ = false;
    };

    /// `config` must be valid. `listener` (may be null) must outlive the limiter.
    explicit limiter(
        const limiter_config& config = {}, limiter_listener* listener = nullptr
    ) noexcept;

    limiter(const limiter&) = delete;
    limiter& operator=(const limiter&) = delete;

    /// Refuses with `in_flight` at the limit, or with `route_share` at the route's share of it.
    [[nodiscard]] std::expected<permit, shed_reason> try_acquire(
        route& where, time_point now
    ) noexcept;

    [[nodiscard]] limiter_status status() const noexcept;

    /// The most that one route may hold now.
    [[nodiscard]] std::uint32_t share() const noexcept;

    /// The healthy time learnt for a route; zero while unknown.
    [[nodiscard]] duration healthy(const route& where) const noexcept;

    /// Takes a new (valid) configuration; the limit stays, moved into the new range if need be.
    /// Shrinking below what is in flight cancels nothing.
    void reconfigure(const limiter_config& config, time_point now) noexcept;

  private:
    struct window {
        time_point began{};
        std::uint32_t votes = 0;
        std::uint32_t overdue = 0;
        std::uint32_t timeouts = 0;
        bool demand = false;
    };

    /// What busy calls took since the limit changed: Little's law over all routes.
    struct load {
        time_point began{};
        std::uint32_t calls = 0;
        std::uint64_t in_flight = 0;  // summed, as each ended
        duration took{};
        duration service{};
        double squares = 0;  // of what they took, in seconds
        duration unknown{};  // took those whose service is not known well enough
    };

    void finish(permit& ended, outcome result, cause_kind why, time_point now) noexcept;
    void release(permit& ended) noexcept;
    void time(route& where, duration took, const permit& sample, bool began_idle) noexcept;
    void learn(route& where, duration took, const permit& sample, time_point now) noexcept;
    void vote(route& where, bool overdue, bool timed_out, time_point now) noexcept;
    void weigh(const route& where, duration took, time_point now) noexcept;
    [[nodiscard]] bool is_crowded() const noexcept;
    [[nodiscard]] bool is_certain(time_point now) const noexcept;
    [[nodiscard]] std::uint32_t uncrowded() const noexcept;
    void measure_if_due(time_point now) noexcept;
    [[nodiscard]] bool is_overdue(const route& where, duration took) const noexcept;
    [[nodiscard]] bool judge(time_point now, limit_change& change) noexcept;
    void set(std::uint32_t limit, limit_reason why, time_point now) noexcept;
    [[nodiscard]] bool measures(const permit& one) const noexcept;
    [[nodiscard]] std::uint32_t idle_bound() const noexcept;
    [[nodiscard]] bool is_full() const noexcept;
    [[nodiscard]] std::uint32_t share_of(std::uint32_t limit) const noexcept;

    mutable short_lock lock_;
    std::uint32_t limit_;
    std::uint32_t in_flight_ = 0;
    std::uint32_t aside_ = 0;  // of in_flight_
    bool overloaded_ = false;
    bool crowded_ = false;
    bool searching_ = true;  // nothing has queued yet: the limit grows by a quarter
    std::uint64_t epoch_ = 0;
    std::uint64_t votes_from_ = 0;  // calls of older epochs have no vote
    window window_;
    load load_;
    std::uint32_t bound_ = 0;  // no raise beyond it until then
    time_point bound_until_{};
    std::uint32_t measuring_ = 0;  // calls still wanted; 0: not measuring
    std::uint32_t measured_ = 0;   // in flight among those started for it
    std::uint32_t round_ = 0;
    time_point measuring_until_{};
    time_point learnt_at_{};
    limit_change last_;
    limiter_config config_;
    limiter_listener* listener_;
    std::uint64_t raised_ = 0;
    std::uint64_t cut_ = 0;
    std::uint64_t discarded_ = 0;
    std::uint64_t refused_ = 0;
    std::uint64_t refused_share_ = 0;
};

}  // namespace curfew
