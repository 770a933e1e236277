#pragma once

#include <curfew/core/cause.hpp>
#include <curfew/core/clock.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace curfew {

struct adaptive_timeout_config {
    /// The limit that the policy gives: it never waits longer, and while it is cold no shorter.
    duration ceiling = std::chrono::seconds{30};

    /// The shortest limit, however quick the calls are; at most the ceiling. Quantiles of a quick
    /// target collapse to what one pause of a garbage collector or two lost packets take, so half a
    /// second (the constant of erpc; the least retransmission of TCP is 200 ms).
    duration floor = std::chrono::milliseconds{500};

    /// The share of calls that may be cut although they would have completed, 0.0001..0.1.
    double false_timeouts = 0.001;

    /// The limit is the quantile times this, 1..10. What makes all calls so much slower cuts none.
    double safety = 2;

    duration span = std::chrono::minutes{5};      ///< one generation of samples lasts so long
    duration interval = std::chrono::minutes{1};  ///< between two narrowings

    friend bool
    operator==(const adaptive_timeout_config&, const adaptive_timeout_config&) noexcept = default;
};

/// 0 < floor <= ceiling and every number in its range.
[[nodiscard]] bool is_valid(const adaptive_timeout_config& config) noexcept;

enum class adaptive_state : std::uint8_t {
    cold,     ///< too few samples: the ceiling holds
    live,     ///< the limit comes from the samples
    widened,  ///< more than the samples say, after a burst
};

/// `cold`, `live`, `widened`.
[[nodiscard]] std::string_view to_string(adaptive_state state) noexcept;

struct adaptive_timeout_status {
    adaptive_state state = adaptive_state::cold;
    duration limit{};               ///< that a call which begins now gets
    std::uint64_t samples = 0;      ///< completed calls in the window
    std::uint64_t samples_min = 0;  ///< live from so many on
    std::uint64_t answered = 0;     ///< calls that completed well, cut ones included, so far
    std::uint64_t cut = 0;
    std::uint64_t cut_in_vain = 0;  ///< of these: completed well all the same; false timeouts
    std::uint64_t let_on = 0;       ///< reached their limit and were not cut
    duration saved{};  ///< from the cut to the end, of those that did not complete; see below
};

/// A time limit that follows what calls really take, so that a target which answers in 20 ms and
/// hangs does not cost the 30 s that its worst day needs.
///
///     limit = clamp(safety * quantile, floor, ceiling)
///
/// The quantile is that which all but `false_timeouts` of the calls keep (AWS, "Timeouts, retries
/// and backoff with jitter"), by the product-limit estimate (Kaplan and Meier, 1958) over the last
/// one or two generations, each `span` long and longer until it holds `samples_min`. Rules:
///
///  - **Cold start**: 3 / false_timeouts completed calls (3 000 for 0.1 %). Where none of so many
///    took longer, no more than that share does, with 95 % confidence; fewer prove nothing.
///  - **Censored samples**: a call that was cut took at least its limit. It is counted as that, so
///    that the quantile never collapses; as are a call whose caller left and one whose inherited
///    deadline came. Where cut calls hide the quantile, the limit is `safety` times the longest
///    that cut. Failures tell nothing of the time a success needs.
///  - **A call at its limit is cut only if one that began later was answered.** While all are
///    silent, it is not this call that is slow: it gets `patience` times its limit, once. Simulated
///    at 50 calls a second, when all calls suddenly take twice as long 0.07 % of the next minute's
///    are cut at most, of three times 0.24 %, of six 2.9 %, of twenty 9 %; after it 0.5 % at most.
///  - **Every eighth** that would be cut is let on to the ceiling, one at a time: only so can it be
///    known whether such calls come back. If it completes, those cut since the last one were slow
///    and count as having taken as long; if it reaches the ceiling they hung, and count for
///    nothing, since no limit within the policy would have been long enough. Until the first one
///    is back, cut calls are taken for hung if ten times as many were cut as completed in the
///    second half of their limit or later (Maller and Zhou, 1992). The late end of a cut call,
///    where it is told, says the same of that call alone.
///  - **Fast to widen**: three calls cut in a row while all are silent double the limit at once, up
///    to the ceiling, before five failures can open a breaker; so one bad minute does not make
///    everything time out (trinity#568).
///  - **Slow to narrow**: once an interval at most, and that long after any rise. Differences below
///    10 % change nothing.
///
/// So a false timeout takes a call that is slower than safety * quantile and than those that began
/// after it. Where the distribution stays what it is, their share stays below `false_timeouts`;
/// after it has changed, until an eighth call has come back.
///
/// Time never goes back here: an earlier one than before counts as that. A jump forward, however
/// long, ends at most one generation, and no sample of the one before it.
///
/// A dry run asks all the same questions and does not act on `reaches_limit`. It knows a little
/// more than the real thing: the end of every call that it would have cut.
///
/// Thread rule: begin() and limit() from any thread; the rest by one thread at a time. Nothing
/// allocates. 3.7 KiB.
class adaptive_timeout {
  public:
    static constexpr double patience = 3;
    static constexpr std::uint32_t scout_every = 8;
    static constexpr std::uint32_t burst = 3;

    /// One call, kept by whoever makes it.
    class call {
      public:
        /// Begun, and its end not told.
        [[nodiscard]] bool is_open() const noexcept { return is_ != phase::none; }

        [[nodiscard]] bool is_cut() const noexcept { return is_ == phase::cut; }

        /// After so long reaches_limit() is to be asked; duration::max(): never.
        [[nodiscard]] duration limit() const noexcept { return limit_; }

      private:
        friend class adaptive_timeout;
        enum class phase : std::uint8_t { none, running, patient, scout, cut };

        time_point began_{};
        duration limit_ = duration::max();
        phase is_ = phase::none;
    };

    explicit adaptive_timeout(const adaptive_timeout_config& config) noexcept;
    adaptive_timeout(const adaptive_timeout&) = delete;
    adaptive_timeout& operator=(const adaptive_timeout&) = delete;

    [[nodiscard]] call begin(time_point now) const noexcept;

    /// The call has run for as long as its limit. True: it is to be cut, and its end is still to be
    /// told. False: it goes on, with a new limit.
    [[nodiscard]] bool reaches_limit(call& one, time_point now) noexcept;

    /// It is over; `took` is how long it ran, to the answer or without. A cut call that was ended
    /// may be told of when its target has really ended it. The second time nothing happens.
    void end(call& one, outcome result, cause_kind why, duration took, time_point now) noexcept;

    /// What a call that begins now gets.
    [[nodiscard]] duration limit() const noexcept {
        return duration{limit_.load(std::memory_order_relaxed)};
    }

    [[nodiscard]] adaptive_timeout_status status() const noexcept;

    /// Takes other limits; samples are kept.
    void reconfigure(const adaptive_timeout_config& config) noexcept;

  private:
    /// The first bucket ends at 2^20 ns (about 1 ms), then eight a power of two up to 73 minutes: a
    /// bucket is at most 12.5 % wider than its lower bound.
    static constexpr unsigned lowest_power = 20;
    static constexpr unsigned highest_power = 42;
    static constexpr unsigned digit_bits = 3;
    static constexpr std::size_t buckets = ((highest_power - lowest_power) << digit_bits) + 1;
    using counts = std::array<std::uint32_t, buckets>;

    /// Of a call that went beyond its limit.
    enum class fate : std::uint8_t { unknown, came_back, hung };

    struct generation {
        counts completed{};
        counts left{};              ///< took at least so long, and nobody knows how long
        std::uint64_t samples = 0;  ///< completed ones
    };

    static std::size_t bucket_of(duration took) noexcept;
    static duration upper_bound(std::size_t bucket) noexcept;

    [[nodiscard]] std::uint64_t samples_min() const noexcept;
    [[nodiscard]] std::uint64_t samples() const noexcept;
    [[nodiscard]] duration quantile() const noexcept;
    [[nodiscard]] bool takes_cut_for_slow() const noexcept;
    void complete(std::size_t bucket, std::uint32_t count) noexcept;
    void leave(duration took) noexcept;
    void end_cut(const call& one, outcome result, cause_kind why, duration took) noexcept;
    void end_scout(outcome result, cause_kind why, duration took) noexcept;
    void seen(time_point now) noexcept;
    void turn_generation() noexcept;
    void judge() noexcept;
    void set_base(duration base) noexcept;
    void publish() noexcept;

    std::atomic<duration::rep> limit_;
    adaptive_timeout_config config_;
    duration base_;  ///< what the samples say
    std::uint32_t widening_ = 1;
    std::uint32_t silent_in_a_row_ = 0;
    std::uint32_t cut_since_scout_ = 0;
    std::uint32_t fresh_ = 0;  ///< samples since it was judged
    bool is_cold_ = true;
    bool scouting_ = false;
    fate last_scout_ = fate::unknown;  ///< in this generation
    time_point now_ = time_point::min();
    time_point generation_began_ = time_point::min();  ///< min: not yet
    time_point changed_at_ = time_point::min();
    time_point widened_at_ = time_point::min();
    time_point answered_began_ = time_point::min();  ///< the latest beginning of one answered
    adaptive_timeout_status told_{};                 ///< its counts
    generation current_;
    generation before_;
    counts undecided_{};  ///< cut, and neither slow nor hung yet
};

}  // namespace curfew
