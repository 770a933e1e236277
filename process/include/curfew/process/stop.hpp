#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/process/unit.hpp>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace curfew::process {

/// How to end a unit.
struct stop_plan {
    bool dump_first = false;  ///< look at the stacks before the first signal disturbs them
    duration dump_budget = std::chrono::seconds{2};
    int signal = SIGTERM;
    /// The leader is told first and may end its children in its own order; the rest are told when
    /// it is gone, or at half of the grace. Nobody is told twice by us: many a program takes the
    /// second signal for "at once" (Node's process.once, Go's signal.NotifyContext).
    bool leader_first = true;
    duration grace = std::chrono::seconds{5};        ///< zero: force at once
    duration force_limit = std::chrono::seconds{5};  ///< what SIGKILL has not ended by then is
                                                     ///< abandoned
};

/// What the ladder is told.
struct stop_event {
    enum class kind : std::uint8_t {
        begin,
        dumped,       ///< the dump is done, or failed
        scanned,      ///< a fresh look; the counts below
        interrupted,  ///< the user asked again
    };

    kind what = kind::begin;
    std::size_t alive = 0;
    std::size_t moving = 0;  ///< alive and not stopped (state T)
    bool leader_alive = false;

    [[nodiscard]] static stop_event of(const census& seen) noexcept;
};

/// What the ladder wants next.
struct stop_action {
    enum class order : std::uint8_t {
        dump,             ///< until `wake` at most; then tell `dumped`
        signal_leader,    ///< `signal`, then SIGCONT; then scan and tell
        signal_rest,      ///< the same, to everyone but the leader
        signal_everyone,  ///< the same, to everyone
        freeze,           ///< SIGSTOP to everyone; then scan and tell
        kill,             ///< SIGKILL to everyone; then scan and tell
        wait,             ///< until `wake` or news of the unit; then scan and tell
        finish,           ///< over; `alive` of the last scan is what was abandoned
    };

    order what = order::finish;
    int signal = 0;
    time_point wake{};

    friend bool operator==(const stop_action&, const stop_action&) noexcept = default;
};

/// The ladder by which a unit is ended: dump, ask, grace, freeze, kill, look twice.
///
/// It waits for the whole membership, not for the leader: a leader that obeys SIGTERM does not save
/// a grandchild that ignores it. `begin` is the first interrupt; the second forces; the third
/// stops waiting (what is left is abandoned here, and the keeper goes on killing it).
/// A plain state machine: owns no process, no clock. After research/testing.md section 4 and the
/// procedures of Bazel's process-wrapper, systemd and coreutils timeout.
class stop_ladder {
  public:
    explicit stop_ladder(const stop_plan& plan) noexcept : plan_{plan} {}

    [[nodiscard]] stop_action step(const stop_event& event, time_point now) noexcept;

    [[nodiscard]] bool forced() const noexcept { return forced_; }

    [[nodiscard]] bool finished() const noexcept { return stage_ == stage::finished; }

    /// Members alive at the last scan: the abandoned ones once finished.
    [[nodiscard]] std::size_t alive() const noexcept { return alive_; }

  private:
    enum class stage : std::uint8_t { idle, dumping, asking, freezing, killing, finished };

    stop_action ask(time_point now) noexcept;
    stop_action while_asking(const stop_event& seen, time_point now) noexcept;
    stop_action force(time_point now) noexcept;
    stop_action while_freezing(const stop_event& seen, time_point now) noexcept;
    stop_action while_killing(const stop_event& seen, time_point now) noexcept;
    stop_action interrupted(time_point now) noexcept;
    stop_action look_again_or_finish(time_point now) noexcept;
    stop_action finish() noexcept;

    stop_plan plan_;
    stage stage_ = stage::idle;
    time_point ends_{};  ///< of the dump, the grace, or the force
    time_point tell_rest_{};
    duration pause_{};
    std::size_t alive_ = 0;
    int freezes_ = 0;
    int empty_scans_ = 0;
    bool rest_told_ = false;
    bool kill_next_ = false;
    bool forced_ = false;
};

/// How a unit ended.
struct stop_report {
    bool forced = false;                 ///< SIGKILL was needed
    std::size_t abandoned = 0;           ///< members that outlived even that
    std::vector<std::string> survivors;  ///< "4711 rsync (D)": at most 16 of them
    duration took{};
};

/// `ended in 0.31 s`, `killed after 5.02 s`, `2 abandoned: 4711 rsync (D), 4712 dd (D)`.
[[nodiscard]] std::string describe(const stop_report& report);

/// Carries a ladder out on a unit up to the next point where time must pass. Returns `wait` (look
/// again at `wake`, or on news), `dump`, or `finish`.
[[nodiscard]] stop_action advance(
    stop_ladder& ladder, unit& whom, stop_event event, const clock& time
);

/// What there is to report once `advance` said finish.
[[nodiscard]] stop_report conclude(const stop_ladder& ladder, unit& whom, duration took);

/// Ends a unit and returns when it is over, at most dump_budget + grace + force_limit later (and a
/// little). Blocks the calling thread: for command-line tools and tests; on a loop use
/// process::stop (supervise.hpp). `dump` is called with the moment by which it must return.
stop_report stop_and_wait(
    unit& whom,
    const stop_plan& plan,
    const clock& time,
    const std::function<void(time_point)>& dump = {}
);

}  // namespace curfew::process
