#pragma once

#include <curfew/core/cause.hpp>
#include <curfew/core/clock.hpp>
#include <curfew/core/rate_window.hpp>
#include <curfew/core/short_lock.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <utility>

namespace curfew {

enum class breaker_state : std::uint8_t { closed, open, half_open };

/// `closed`, `open`, `half_open`.
[[nodiscard]] std::string_view to_string(breaker_state state) noexcept;

/// Opens when at least `percent` of the calls in the window are hits, and at least `min_calls`
/// were seen (a count window shorter than that: when it is full).
struct rate_rule {
    std::uint32_t percent = 0;  ///< 1..100; 0: off
    std::uint32_t min_calls = 20;

    friend bool operator==(rate_rule, rate_rule) noexcept = default;
};

struct breaker_config {
    /// Failures in a row that open it; 0: off.
    std::uint32_t consecutive_failures = 5;

    /// How long it stays open before probes are let through. Each opening that follows failed
    /// probes lasts `growth_percent` of the one before, up to `reset_max`.
    duration reset = std::chrono::seconds{60};
    std::uint32_t growth_percent = 100;  ///< 100 (constant) .. 1000
    duration reset_max = std::chrono::minutes{5};

    /// The shortest open period that `hint_recovered` may leave.
    duration reset_min = std::chrono::seconds{1};

    /// Over what the rates are taken. Each has its own total: a call told of while it runs enters
    /// them at different moments.
    window_shape window{};
    rate_rule failure_rate{};

    /// A call that took this long, or is still running after it, is slow. 0: off.
    duration slow_after{};
    rate_rule slow_rate{};

    std::uint32_t probes = 1;          ///< at the same time while half-open, 1..16
    std::uint32_t probe_results = 1;   ///< results that end half-open, 1..1000
    std::uint32_t probe_failures = 1;  ///< failures among them that open again, 1..probe_results

    /// A probe not returned by then has failed and frees its place. Choose it no shorter than the
    /// timeout of the work itself.
    duration probe_lease = std::chrono::seconds{30};

    friend bool operator==(const breaker_config&, const breaker_config&) noexcept = default;
};

[[nodiscard]] bool is_valid(const breaker_config& config) noexcept;

/// Why it changed its state.
enum class breaker_reason : std::uint8_t {
    consecutive_failures,
    failure_rate,
    slow_rate,
    reset_elapsed,     ///< open -> half_open
    work_recovered,    ///< open -> half_open, sooner, after hint_recovered
    probes_succeeded,  ///< half_open -> closed
    probes_failed,     ///< half_open -> open
    probe_lost,        ///< half_open -> open: a lease ran out
    tripped,           ///< closed -> open: the caller knew more than the counts
};

[[nodiscard]] std::string_view to_string(breaker_reason reason) noexcept;

/// What happened since construction. Good ends are not counted: where nothing went wrong, returning
/// a permit writes no memory that threads share.
struct breaker_totals {
    std::uint64_t failures = 0;     ///< failures and own timeouts
    std::uint64_t neither = 0;      ///< cancelled, ignored, inherited deadline, dropped permits
    std::uint64_t late = 0;         ///< results of another generation, or after their lease
    std::uint64_t slow = 0;         ///< slow calls, while a slow rate is set; counted once
    std::uint64_t hanging = 0;      ///< calls counted as failures while they still ran
    std::uint64_t lost_probes = 0;  ///< leases that ran out
    std::uint64_t refused = 0;
    std::uint64_t opened = 0;  ///< how often it opened

    friend bool operator==(const breaker_totals&, const breaker_totals&) noexcept = default;
};

/// The truth at one moment.
struct breaker_status {
    breaker_state state = breaker_state::closed;
    std::uint64_t generation = 0;
    time_point since{};      ///< when this state began; the first: time_point{}
    duration retry_after{};  ///< as in a refusal; zero when it would admit
    std::uint32_t consecutive = 0;
    tally failures{};  ///< of the window; empty when the failure rate is off
    tally slow{};      ///< of the window; empty when the slow rate is off
    std::uint32_t probes_running = 0;
    std::uint32_t probes_done = 0;
    breaker_totals totals{};
};

/// One change of state, with what led to it: `before` is taken just before the change.
struct breaker_transition {
    breaker_state from = breaker_state::closed;
    breaker_state to = breaker_state::closed;
    breaker_reason why = breaker_reason::consecutive_failures;
    std::uint64_t generation = 0;  ///< of the new state
    time_point at{};               ///< when it took place; the past, if nobody asked until now
    std::uint32_t consecutive = 0;
    tally failures{};
    tally slow{};
};

/// Hears of changes after they are complete and the breaker is unlocked again: it may call the
/// breaker. Called on the thread whose call brought the change about; two threads may deliver two
/// changes in either order, `generation` tells which came first. Must be quick.
class breaker_listener {
  public:
    virtual ~breaker_listener() = default;
    virtual void on_transition(const breaker_transition& change) noexcept = 0;
};

struct breaker_refusal {
    breaker_state state = breaker_state::open;

    /// Open: until probes are let through. Half-open: until the first lease of a running probe
    /// ends at the latest; its result may free the place sooner.
    duration retry_after{};
};

/// Circuit breaker of one target: a state machine that is told the time.
///
///     closed --failures or slow calls--> open --reset--> half_open --probes well--> closed
///                                          ^------------- probes badly ---'
///
/// Rules (numbers as in research/resilience.md, section 3):
///  1. A permit carries the generation it was given in. What it reports in another generation
///     enters the totals and nothing else.
///  2. A probe is a lease. One that runs out has failed, frees its place, and may report what it
///     likes afterwards.
///  3. Half-open lets `probes` run at a time, and as many one after the other as the verdict needs.
///  4. Success and failure (an own timeout is one) count; cancelled, ignored and an inherited
///     deadline return the permit and change nothing. So does a permit destroyed unreturned.
///  5. A late result never opens an open breaker again, nor prolongs it.
///  6. Rates compare integers, thresholds are reached by equality.
///  7. A call counts when it crosses a threshold, not when it ends, and once: `mark_slow` and
///     `mark_hanging` tell of work in flight.
///  8. open -> half_open takes place when somebody calls, but `status` always tells the truth.
///  9. Listeners run last. `reconfigure` keeps state, counters and running probes.
///
/// Thread rule: any thread; a permit belongs to one thread at a time. While closed, asking is one
/// atomic load, and so is a good end that changes nothing (no rate is set and the last call did not
/// fail); the rest takes a short lock. Times of different threads may be slightly out of order.
/// Nothing allocates and nothing throws. Permits must not outlive their breaker. Size: about
/// 2.6 KiB, nearly all of it the window.
class breaker {
  public:
    /// The right to make one call. 32 bytes. Destroying one unreturned reports `ignored`.
    class permit {
      public:
        permit() noexcept = default;

        permit(permit&& other) noexcept
            : owner_{std::exchange(other.owner_, nullptr)},
              generation_{other.generation_},
              started_{other.started_},
              lease_{other.lease_},
              slow_{other.slow_},
              hanging_{other.hanging_} {}

        permit& operator=(permit&& other) noexcept;

        ~permit() {
            if (owner_ != nullptr) owner_->drop(*this);
        }

        /// Reports how the call ended and returns the permit. On a permit already returned (or
        /// moved from): the caller's bug.
        void finish(outcome result, cause_kind why, time_point now) noexcept;

        /// The same of a call that took `took` of the time that its permit was held: only that
        /// tells whether it was slow.
        void finish(outcome result, cause_kind why, time_point now, duration took) noexcept {
            started_ = now - took;
            finish(result, why, now);
        }

        /// The call is still running and has just become slow: counts it as a slow call now. The
        /// second time, and when slow calls are off, nothing happens.
        void mark_slow(time_point now) noexcept;

        /// The call is still running far beyond its usual time: counts it as a failure (and as
        /// slow) now, and not again when it ends. A probe fails by it and frees its place. The
        /// second time nothing happens.
        void mark_hanging(time_point now) noexcept;

        [[nodiscard]] bool held() const noexcept { return owner_ != nullptr; }

        [[nodiscard]] bool probe() const noexcept { return lease_ != 0; }

        /// Whether it has been counted as slow; as hanging.
        [[nodiscard]] bool slow() const noexcept { return slow_; }

        [[nodiscard]] bool hanging() const noexcept { return hanging_; }

        [[nodiscard]] time_point started() const noexcept { return started_; }

        [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }

      private:
        friend class breaker;

        permit(
            breaker& owner, std::uint64_t generation, time_point now, std::uint32_t lease
        ) noexcept
            : owner_{&owner}, generation_{generation}, started_{now}, lease_{lease} {}

        breaker* owner_ = nullptr;
        std::uint64_t generation_ = 0;
        time_point started_{};
        std::uint32_t lease_ = 0;  // 0: not a probe
        bool slow_ = false;
        bool hanging_ = false;
    };

    /// `config` must be valid. `listener` (may be null) must outlive the breaker.
    explicit breaker(
        const breaker_config& config = {}, breaker_listener* listener = nullptr
    ) noexcept;

    breaker(const breaker&) = delete;
    breaker& operator=(const breaker&) = delete;

    [[nodiscard]] std::expected<permit, breaker_refusal> try_acquire(time_point now) noexcept {
        const auto phase = phase_.load(std::memory_order_acquire);
        if (state_of(phase) == breaker_state::closed) [[likely]]
            return permit{*this, generation_of(phase), now, 0};
        return acquire_slowly(now);
    }

    /// Work that had been counted as hanging ended well: evidence that the target answers again.
    /// An open breaker then lets probes through at once, though not before `reset_min`; it never
    /// closes by a hint. No effect in the other states.
    void hint_recovered(time_point now) noexcept;

    /// Opens a closed breaker on evidence that no count holds, such as calls that wait behind ones
    /// that hang. No effect in the other states.
    void trip(time_point now) noexcept;

    /// Failures in a row so far, calls that hang included. Takes the short lock.
    [[nodiscard]] std::uint32_t failures_in_a_row() const noexcept;

    [[nodiscard]] breaker_status status(time_point now) const noexcept;

    /// Takes a new (valid) configuration. State, counters, windows (where their shape allows) and
    /// probes in flight stay. A shorter `reset` also shortens a running open period.
    void reconfigure(const breaker_config& config, time_point now) noexcept;

  private:
    static constexpr std::size_t max_probes = 16;

    class news;

    struct lease {
        std::uint32_t serial = 0;  // 0: free
        time_point ends{};
    };

    // All but the windows and the totals, small enough to copy: `status` runs a copy up to now.
    struct machine {
        breaker_state state = breaker_state::closed;
        bool hinted = false;  // the open period was cut short
        std::uint32_t consecutive = 0;
        std::uint64_t generation = 0;
        time_point since{};
        time_point open_until{};
        duration open_for{};
        std::uint32_t probes_done = 0;
        std::uint32_t probes_failed = 0;
        std::uint32_t last_serial = 0;
        std::array<lease, max_probes> leases{};

        void settle(const breaker_config& config, time_point now, news& out) noexcept {
            if (state != breaker_state::closed) catch_up(config, now, out);
        }

        void open(
            const breaker_config& config, breaker_reason why, time_point at, news& out
        ) noexcept;
        void count_probe(
            const breaker_config& config, bool failed, breaker_reason why, time_point at, news& out
        ) noexcept;
        std::uint32_t lend(const breaker_config& config, time_point now) noexcept;
        bool release(std::uint32_t serial) noexcept;
        [[nodiscard]] lease* lost(time_point now) noexcept;
        [[nodiscard]] std::uint32_t running() const noexcept;
        [[nodiscard]] duration retry_after(const breaker_config& config, time_point now)
            const noexcept;

      private:
        void catch_up(const breaker_config& config, time_point now, news& out) noexcept;
        void change(breaker_state to, breaker_reason why, time_point at, news& out) noexcept;
    };

    // What is decided without the lock: generation << 3 | quiet << 2 | state. Quiet: a good end
    // would change nothing.
    static constexpr std::uint64_t quiet = 4;

    static constexpr breaker_state state_of(std::uint64_t phase) noexcept {
        return static_cast<breaker_state>(phase & 3);
    }

    static constexpr std::uint64_t generation_of(std::uint64_t phase) noexcept {
        return phase >> 3;
    }

    std::expected<permit, breaker_refusal> acquire_slowly(time_point now) noexcept;

    void finish(permit& ended, outcome result, cause_kind why, time_point now) noexcept;
    void drop(permit& ended) noexcept;
    void mark(permit& running, bool hanging, time_point now) noexcept;

    // These need the lock.
    void count_end(const permit& ended, bool failed, time_point now, news& out) noexcept;
    void judge(time_point now, news& out) noexcept;
    void apply(news& out) noexcept;
    void publish() noexcept;
    [[nodiscard]] bool current(const permit& one) const noexcept;
    [[nodiscard]] tallies seen(time_point now) const noexcept;

    // And this one must not have it.
    void tell(const news& out) const noexcept;

    // Read by every call, written at a change.
    alignas(64) std::atomic<std::uint64_t> phase_{quiet};
    breaker_config config_;
    breaker_listener* listener_;

    // The lock and what a good end writes under it: one cache line. Then what fewer calls write.
    alignas(64) mutable short_lock lock_;
    rate_window window_;
    machine machine_;
    breaker_totals totals_;
    mutable time_point asked_{};  // the latest time `status` was told
};

}  // namespace curfew
