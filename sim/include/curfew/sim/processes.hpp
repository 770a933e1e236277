#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/process/unit.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace curfew::sim {

/// What one simulated process does. By default it runs until a signal ends it, at once.
struct behaviour {
    std::string name = "command";
    std::optional<duration> lives{};  ///< ends by itself after this, counted from its start
    int exit_code = 0;                ///< with this
    /// Ends this long after SIGTERM (or SIGINT, SIGHUP); nothing: ignores them.
    std::optional<duration> obeys_after = duration::zero();
    bool stopped = false;  ///< state T: signals other than SIGKILL wait for SIGCONT
    /// State D until this long after its start: not even SIGKILL ends it before.
    std::optional<duration> uninterruptible{};
    process::listener_owner listener{process::ownership::own};  ///< of whatever it is asked for
    int respawns = 0;  ///< how many more like itself appear, one each time one is ended by a signal
    std::vector<behaviour> children{};
};

/// Simulated processes: `spawn` takes the next script; time is the given clock's, and what happens
/// is a pure function of scripts, signals and times. Every signal that arrived is kept, with when.
/// Thread rule: one thread.
class processes final : public process::host {
  public:
    using script = std::variant<behaviour, failure>;

    struct received {
        time_point at;
        pid_t pid;
        int signal;

        friend bool operator==(const received&, const received&) noexcept = default;
    };

    explicit processes(const clock& time) noexcept : time_{time} {}

    /// What the next spawn starts, or how it fails. With none left, the last behaviour again.
    void script_next(script next) { scripts_.push_back(std::move(next)); }

    [[nodiscard]] result<std::unique_ptr<process::unit>> spawn(const process::command& what
    ) override;

    [[nodiscard]] const std::vector<received>& signals() const noexcept { return signals_; }

    /// When each spawn was asked for.
    [[nodiscard]] const std::vector<time_point>& spawns() const noexcept { return spawns_; }

    /// Living members of all units that are still held.
    [[nodiscard]] std::size_t alive();

  private:
    class simulated_unit;
    friend class simulated_unit;

    const clock& time_;
    std::deque<script> scripts_;
    behaviour last_{};
    std::vector<received> signals_;
    std::vector<time_point> spawns_;
    std::set<simulated_unit*> units_;
    pid_t next_pid_ = 1000;
};

}  // namespace curfew::sim
