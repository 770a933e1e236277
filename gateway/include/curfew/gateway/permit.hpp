#pragma once

#include <curfew/core/adaptive_timeout.hpp>
#include <curfew/core/cause.hpp>
#include <curfew/core/clock.hpp>
#include <curfew/gateway/places.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace curfew::gateway {

class admission;

namespace detail {
struct route_guards;
}  // namespace detail

/// The right to send one request upstream. Ends by leave(), exactly once; destroying it is
/// leave(ignored). Thread rule: one thread at a time; all of its calls take the admission's lock
/// for a short time, except the const ones.
class permit {
  public:
    permit() noexcept = default;
    permit(permit&& other) noexcept;
    permit& operator=(permit&& other) noexcept;
    ~permit();

    /// It is being sent now, for the first time or again, into the life of the upstream that lasts
    /// now.
    void sent(time_point now) noexcept;

    /// Whether the life that it was let into, or sent into, has ended since, as far as the
    /// upstream's supervisor has noticed. Lock-free.
    [[nodiscard]] bool has_lost_upstream() const noexcept;

    /// The response's head is here: the time to it is what makes a route's usual time. From now on
    /// it cannot hang any more; its body has its own limit. The adaptive limit learns from it.
    void answered(time_point now, int status = 200) noexcept;

    /// So much of its time went into waiting for the client to send on: no word about the upstream,
    /// so it counts neither for the route's usual time nor towards hanging.
    void waited_for_client(duration length) noexcept { waited_ += length; }

    [[nodiscard]] duration waited() const noexcept { return waited_; }

    /// When, still without an answer, it counts as hanging (usual_time.hpp); not after
    /// `limit` past its start. To be armed right after admission, and again after each wait for the
    /// client.
    [[nodiscard]] time_point hangs_at(duration limit) const noexcept;

    /// When, still without an answer, it should be looked at for the first time: mark_silent.
    /// Nothing while the route's usual time is unknown.
    [[nodiscard]] std::optional<time_point> silent_at() const noexcept;

    /// That moment has come. If the whole route gives no sign of life, half of the upstream's limit
    /// is for other work from now on, long before this one counts as hanging.
    void mark_silent(time_point now) noexcept;

    /// When, still without an answer, it will have run for its adaptive limit since it was sent,
    /// without the time in which the client was waited for: overrun. Nothing where there is none.
    [[nodiscard]] std::optional<time_point> overruns_at() const noexcept;

    /// That moment has come. The limit it ran into, if it is to be given up on now (abandon); else
    /// it goes on, perhaps with a longer one. An observing limit never cuts, it counts.
    [[nodiscard]] std::optional<duration> overrun(time_point now) noexcept;

    /// When, still without an answer, it counts as slow: mark_slow. Nothing when slow calls are
    /// off, and once it was counted.
    [[nodiscard]] std::optional<time_point> slow_at() const noexcept;

    /// That moment has come: counts in the breaker as a slow call now, and not again at the end; a
    /// probe has failed by it. True if this opened the breaker. Too early, nothing happens.
    bool mark_slow(time_point now) noexcept;

    /// That moment has come: counts in the breaker now, as one failure, and not again at the end.
    /// True if this opened the breaker. The second time, after an answer, and for a probe (whose
    /// own end is the verdict; its lease bounds it) nothing happens.
    bool mark_hanging(time_point now) noexcept;

    /// It hangs at an endpoint that others stand in for: counts neither in the breaker nor as
    /// silence, but stays in the in-flight caps and in what hangs or is abandoned. As many such as
    /// the limit give their adaptive places to others; further ones' are set aside.
    void blame_endpoint(time_point now) noexcept;

    /// Nobody waits for the answer any more, but the upstream still works on it: it keeps its
    /// places until leave(). A failure or own timeout counts in the breaker now; anything else (the
    /// client left) leaves the verdict to the real end, or to mark_hanging(). When all places of a
    /// route hang or ran into their time-out, nothing can free one soon: its waiters are refused.
    void abandon(outcome result, cause_kind why, time_point now) noexcept;

    /// The client is waited for now: no silence of the upstream.
    void wait_for_client() noexcept;

    /// It has waited for its client for long (its body, or that it takes the answer): gives its
    /// adaptive place to others and keeps the one in the route's and the total cap, so that a few
    /// slow clients cost the quick ones nothing. The upstream may well be at work for it all the
    /// while, so at most a quarter of the limit (at least one place) is given at a time; beyond
    /// that nothing happens.
    void give_way(time_point now) noexcept;

    /// It became an event stream: counts as a success, gives the upstream's adaptive place to
    /// others, and keeps its place in the route's and the total cap.
    void detach(time_point now) noexcept;

    /// It is over. Frees its places and gives them to waiters. Of abandoned work: that the upstream
    /// has ended it, and how; a good end lets an open breaker probe at once.
    void leave(outcome result, cause_kind why, time_point now) noexcept;

    /// Its connection broke off, by no doing of ours: perhaps it brought the upstream down. Of an
    /// event stream that has begun, and of what had been in for a second, that tells nothing.
    void broke_off(time_point now) noexcept;

    /// It did, as far as is known now: it was let in as the only one so suspected, and the upstream
    /// has ended by itself. Its route is held back when that is up again.
    [[nodiscard]] bool brought_upstream_down(time_point now) const noexcept;

    [[nodiscard]] bool held() const noexcept { return owner_ != nullptr; }

    [[nodiscard]] bool probe() const noexcept { return places_.call.probe(); }

    [[nodiscard]] bool abandoned() const noexcept { return abandoned_; }

    [[nodiscard]] bool hanging() const noexcept { return hanging_; }

    [[nodiscard]] time_point since() const noexcept { return places_.since; }

  private:
    friend class admission;

    permit(admission& owner, detail::route_guards& route, detail::places&& held) noexcept;

    void begin_adaptive(time_point now) noexcept;
    void end_adaptive(outcome result, cause_kind why, time_point now) noexcept;
    void count_stuck(time_point now) noexcept;
    void uncount_abandoned() noexcept;
    void leave_behind() noexcept;
    [[nodiscard]] duration took(time_point now) const noexcept;
    [[nodiscard]] duration in_upstream(time_point now) const noexcept;

    admission* owner_ = nullptr;
    detail::route_guards* route_ = nullptr;
    detail::places places_;
    time_point sent_ = time_point::min();       ///< min: it was not
    std::uint32_t life_ = 0;                    ///< of the upstream, that it was let or sent into
    time_point broke_off_ = time_point::max();  ///< max: it did not
    time_point answered_{};
    duration waited_{};  ///< for the client
    adaptive_timeout::call adaptive_;
    bool has_answer_ = false;
    bool silent_ = false;
    bool hanging_ = false;
    bool abandoned_ = false;
    bool detached_ = false;
    bool timed_out_ = false;
    bool stuck_ = false;
    bool gave_way_ = false;
    bool blamed_ = false;       ///< its endpoint was
    bool cut_ = false;          ///< by the adaptive limit
    bool accused_ = false;      ///< it broke off while it was on trial
    bool left_behind_ = false;  ///< and it gave its adaptive place to others
};

}  // namespace curfew::gateway
