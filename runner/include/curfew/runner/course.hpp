#pragma once

#include <curfew/core/clock.hpp>

#include <csignal>
#include <cstdint>
#include <optional>

namespace curfew::runner {

/// What holds for one attempt of a command.
struct course_limits {
    duration timeout = std::chrono::minutes{30};
    std::optional<duration> warn{};
    duration grace = std::chrono::seconds{5};
    /// After the command has ended: how long what it started may take to end by itself, before it
    /// counts as left behind.
    duration settle = std::chrono::milliseconds{200};
};

/// What the course is told.
struct course_event {
    enum class kind : std::uint8_t {
        looked,       ///< time passed, or there is news of the tree
        interrupted,  ///< SIGINT
        asked,        ///< SIGTERM, SIGHUP: somebody wants it to end
        suspended,    ///< nothing of it runs from now on
        resumed,
        stopped,  ///< what `stop` or `sweep` asked for is over
    };

    kind what = kind::looked;
    int signal = 0;       ///< of `interrupted` and `asked`
    bool heard = false;   ///< the command has had it already, from the terminal
    bool exited = false;  ///< the command has ended
    bool empty = false;   ///< and so has all that it started
};

/// What the course wants next.
struct course_action {
    enum class order : std::uint8_t {
        wait,     ///< until `wake`, a signal, or news of the tree; then tell
        warn,     ///< say that it runs for long; then tell `looked`
        forward,  ///< `signal` to the command; then tell `looked`
        stop,     ///< end the tree, beginning with `signal`; then tell `stopped`
        sweep,    ///< the command left processes behind: name and end them; then tell `stopped`
        force,    ///< while it is being stopped: at once, with SIGKILL
        leave,    ///< do not wait for anything any more
        finish,   ///< it is over
    };

    order what = order::finish;
    int signal = 0;
    bool hangs = false;  ///< of `stop`: its time was over, so look where it hangs first
    duration grace{};    ///< of `stop` and `sweep`: from that signal to SIGKILL
    time_point wake{};

    friend bool operator==(const course_action&, const course_action&) noexcept = default;
};

/// How one attempt of a command goes, from exec to the end of the last process it started: its
/// limit, the warning before, and what follows when somebody asks it to end.
///
/// - Time counts from exec on, and stands still while all of it is suspended.
/// - SIGINT is passed on, once; the second kills; with the third nobody is waited for any more. One
///   that was passed on is forgotten after 10 s: a shell, a debugger takes many.
/// - SIGTERM and SIGHUP end the tree in steps; again: at once.
/// - A command that has ended leaves nothing behind: what still runs after `settle` is ended.
///
/// A plain state machine: no process, no clock. Thread rule: one thread at a time.
class course {
  public:
    /// `began`: the exec.
    course(const course_limits& limits, time_point began) noexcept
        : limits_{limits}, began_{began} {}

    [[nodiscard]] course_action step(const course_event& event, time_point now) noexcept;

    /// Whether its time ran out before it ended.
    [[nodiscard]] bool timed_out() const noexcept { return timed_out_; }

    /// The signal by which somebody ended it, or 0.
    [[nodiscard]] int ended_by() const noexcept { return ended_by_; }

    /// How long it has run, without suspensions; to its end, once the command has ended.
    [[nodiscard]] duration ran(time_point now) const noexcept;

    /// How long it was suspended.
    [[nodiscard]] duration suspended(time_point now) const noexcept;

  private:
    enum class stage : std::uint8_t { running, settling, stopping, over };

    course_action look(const course_event& event, time_point now) noexcept;
    course_action look_at_rest(const course_event& event, time_point now) noexcept;
    course_action interrupted(const course_event& event, time_point now) noexcept;
    course_action asked(const course_event& event, time_point now) noexcept;
    course_action pressed(time_point now) noexcept;
    course_action end(int signal, duration grace, time_point now) noexcept;
    course_action finish() noexcept;
    [[nodiscard]] time_point point_of(duration limit, time_point now) const noexcept;

    course_limits limits_;
    time_point began_;
    stage stage_ = stage::running;
    duration paused_{};
    std::optional<time_point> paused_at_;
    std::optional<time_point> ended_at_;
    std::optional<time_point> pressed_at_;
    int presses_ = 0;
    int ended_by_ = 0;
    bool warned_ = false;
    bool timed_out_ = false;
};

}  // namespace curfew::runner
