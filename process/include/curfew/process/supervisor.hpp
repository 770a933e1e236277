#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/core/failure.hpp>
#include <curfew/process/unit.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string_view>

namespace curfew::process {

enum class backend_state : std::uint8_t {
    stopped,       ///< not running, and not meant to
    starting,      ///< started, not yet ready
    ready,         ///< answers its probe
    stopping,      ///< its tree is being ended, on request or to be started anew
    backing_off,   ///< waits before it is started again
    crash_looped,  ///< given up: terminal
};

[[nodiscard]] std::string_view to_string(backend_state state) noexcept;

/// When a backend counts as ready, hung, or beyond hope. Defaults are the policy's.
struct supervisor_options {
    duration ready_timeout = std::chrono::seconds{30};
    duration ready_interval = std::chrono::milliseconds{50};  ///< between probes while it starts
    duration live_interval = std::chrono::seconds{5};         ///< once ready: from one to the next
    std::uint32_t live_failures = 3;  ///< failed probes in a row that mean hung
    duration backoff_min = std::chrono::milliseconds{200};  ///< doubled by each crash in a row
    duration backoff_max = std::chrono::seconds{30};
    double jitter = 0.2;  ///< each pause is spread evenly over +-20 %
    /// So many starts in a row that came to nothing within the window: given up; and so many that
    /// were not ready in time, at any pace.
    std::uint32_t crash_limit = 5;
    duration crash_window = std::chrono::minutes{1};
    duration stable_after =
        std::chrono::minutes{1};  ///< ready this long: the next backoff is short
};

/// What the supervisor is told.
struct supervisor_event {
    enum class kind : std::uint8_t {
        start,
        spawned,
        spawn_failed,  ///< `error`
        exited,        ///< the leader has ended; something of its tree may be left
        probed,        ///< a probe that was asked for has ended; `good`
        usurped,       ///< it has ended well, but it was a stranger who answered
        stopped,       ///< the whole tree is gone (or what is left is abandoned)
        tick,          ///< time has come; harmless when it has not
        stop,          ///< stop for good; a second one: at once
    };

    kind what = kind::tick;
    bool good = false;
    failure error{};
    time_point answered_at = time_point::min();  ///< when it last answered a request; min: never
};

/// What the supervisor wants.
struct supervisor_action {
    enum class order : std::uint8_t {
        wait,           ///< for an event, or until `wake` (then tell `tick`)
        spawn,          ///< then tell spawned or spawn_failed
        probe,          ///< begin one probe; tell `probed` when it has ended
        stop_tree,      ///< end the tree; tell `stopped`
        dump_and_stop,  ///< the same, stacks first: it hangs
        hurry,          ///< the user asked again: force what is being stopped
        finish,         ///< over: stopped, or crash_looped
    };

    /// What there is to announce, once.
    enum class notice : std::uint8_t {
        none,
        starting,
        ready,
        not_ready_in_time,
        exited,
        hung,
        restarting_in,  ///< `wake` says when
        usurped,        ///< the address is a stranger's; told once a start
        gave_up,        ///< `reason()` says why
        cannot_start,
        stopping,
        stopped,
    };

    order what = order::wait;
    notice tell = notice::none;
    time_point wake = time_point::max();

    friend bool operator==(const supervisor_action&, const supervisor_action&) noexcept = default;
};

/// Keeps one backend running: a plain state machine. It owns no process, no clock and no probe.
///
/// A backend is restarted when it exits, whatever its status, when it is not ready in time, and
/// when it stops answering. The first probe comes as soon as it is ready and never counts against
/// it: the prober gets to know it. The pause before a restart grows from backoff_min to
/// backoff_max, with jitter from a seeded source; it is short again after a start that was ready
/// for stable_after, or that answered requests and was ready for as long as the pause before it.
/// The first start that was ready, but not for so long, after such a one makes it no longer: the
/// request that it died of was most likely sent twice.
///
/// A start has served when it answered a request after it was ready; once one has, being ready is
/// enough not to count against the backend. So what a few requests do to it never ends it, and one
/// that dies of every request it gets, and answers none, is a crash loop. It is given up for good:
///  - after crash_limit starts since the last one that served that ended, or hung, within
///    crash_window and came to nothing; or as many that were not ready in time since it was ready
///    last, however long that took: command_hung if the last one hung, else crash_loop;
///  - when it ends, or is not ready in time, while a stranger holds its address, and it was never
///    ready: address_in_use;
///  - when its first start cannot succeed (not found, not executable).
class supervisor {
  public:
    supervisor(const supervisor_options& options, std::uint64_t seed)
        : options_{options}, random_{seed} {}

    [[nodiscard]] supervisor_action step(const supervisor_event& event, time_point now);

    [[nodiscard]] backend_state state() const noexcept { return state_; }

    /// Starts so far, the first included.
    [[nodiscard]] std::size_t starts() const noexcept { return starts_; }

    /// Why it was given up: the error that stands for it.
    [[nodiscard]] errc reason() const noexcept { return reason_; }

    /// When it is started again, while it waits for that.
    [[nodiscard]] std::optional<time_point> starts_again_at() const noexcept {
        return state_ == backend_state::backing_off ? std::optional{next_} : std::nullopt;
    }

    /// Starts that were not ready in time, since it was ready last.
    [[nodiscard]] std::uint32_t hung_starts() const noexcept { return hung_starts_; }

  private:
    using order = supervisor_action::order;
    using notice = supervisor_action::notice;

    supervisor_action start(time_point now);
    supervisor_action when_spawned(time_point now) noexcept;
    supervisor_action when_spawn_failed(failure error, time_point now);
    supervisor_action when_ended(notice why, bool hangs, time_point now);
    supervisor_action when_probed(bool good, time_point now);
    supervisor_action when_usurped(time_point now);
    supervisor_action when_stopped(time_point now);
    supervisor_action when_told_to_stop();
    supervisor_action on_tick(time_point now);
    supervisor_action wait() const noexcept;
    void count_crash(time_point now);
    [[nodiscard]] std::optional<errc> hopeless() const noexcept;
    [[nodiscard]] duration next_pause();

    supervisor_options options_;
    std::mt19937_64 random_;
    backend_state state_ = backend_state::stopped;
    std::deque<time_point> crashes_;  ///< that count, within the window; at most crash_limit
    std::optional<time_point> ready_since_;
    time_point answered_at_ = time_point::min();  ///< as told last
    time_point probed_at_{};                      ///< the probe began
    duration pause_{};                            ///< before this start
    time_point ready_by_{};
    time_point next_{};  ///< next probe, or next start
    std::size_t starts_ = 0;
    std::uint32_t failures_ = 0;
    std::uint32_t crashes_in_a_row_ = 0;
    std::uint32_t hung_starts_ = 0;
    errc reason_ = errc::crash_loop;
    bool hung_ = false;     ///< the last one did not end by itself
    bool usurped_ = false;  ///< in this start, a stranger answered
    bool was_ready_ = false;
    bool has_served_ = false;
    bool last_was_well_ = false;  ///< the start before this one
    bool met_ = false;            ///< probed since it is ready
    bool probing_ = false;
    bool wanted_ = true;
};

}  // namespace curfew::process
