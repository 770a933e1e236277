#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/process/python_hook.hpp>
#include <curfew/process/stack_dump.hpp>
#include <curfew/process/stop.hpp>
#include <curfew/process/supervisor.hpp>
#include <curfew/process/unit.hpp>
#include <curfew/runtime/baton.hpp>
#include <curfew/runtime/endpoint.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/task.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace curfew::process {

/// Asks whether the backend answers: injected, so that this module needs no HTTP.
class backend_probe {
  public:
    enum class purpose : std::uint8_t { readiness, liveness };

    virtual ~backend_probe() = default;

    /// True if it answered well. Ends, with false, when `under` ends.
    [[nodiscard]] virtual runtime::task<bool> answers(purpose why, runtime::scope& under) = 0;

    /// What was wrong with the last answer, "answered 500"; empty when it was good, or none came.
    /// A backend whose liveness fails so is unhealthy and does not hang: no stacks are dumped.
    [[nodiscard]] virtual std::string_view complaint() const { return {}; }

    /// When the backend last answered a request, not a probe; time_point::min(): never.
    [[nodiscard]] virtual time_point answered_at() const { return time_point::min(); }

    /// Where it asks, or was answered well last. If that is known, a backend is ready only when it
    /// is its own tree that listens there.
    [[nodiscard]] virtual std::optional<runtime::endpoint> asks_at() const { return std::nullopt; }
};

/// Answers when a TCP connection is accepted. As liveness it is weak: the kernel accepts for a
/// program that hangs, until its backlog is full.
class connect_probe final : public backend_probe {
  public:
    connect_probe(runtime::network& through, const runtime::endpoint& to)
        : through_{through}, to_{to} {}

    [[nodiscard]] runtime::task<bool> answers(purpose why, runtime::scope& under) override;

  private:
    runtime::network& through_;
    runtime::endpoint to_;
};

/// Hears of a backend, on its loop's thread. Must not block.
class backend_watcher {
  public:
    virtual ~backend_watcher() = default;

    /// The state changed, or there is something to say about it: one sentence for the log.
    virtual void told(backend_state state, std::string_view sentence) = 0;

    /// One of the steps of its life; `told` hears of it too.
    virtual void happened(supervisor_action::notice, std::string_view) {}

    /// Its stacks were dumped because it hangs; `told` hears the headline too.
    virtual void dumped(const stack_dump&) {}

    /// A line of its output, with prefix and newline.
    virtual void printed(std::string_view line) = 0;
};

struct backend_options {
    command what{};  ///< its output modes are set by `capture_output`
    supervisor_options limits{};
    duration probe_timeout = std::chrono::seconds{2};
    /// Where it cannot be told who listens at the backend's address, it is not ready before it has
    /// run for so long: who finds the address taken has ended by then.
    duration settle = std::chrono::seconds{1};
    stop_plan stop{};                   ///< dump_first is decided case by case
    bool capture_output = true;         ///< false: it writes where we do, and no line is told
    std::string prefix = "backend | ";  ///< of each line of output
    bool dump_stacks = true;            ///< of a backend that hangs, before it is stopped
    std::string dump_directory{};       ///< for hang-<id>.txt; empty: only the headline is told
    /// Arms the command with a python_hook, so that a dump has Python stacks too. It adds to
    /// PYTHONPATH. Where no directory can be written, there are none.
    bool hook_python = true;
    std::uint64_t seed = 1;  ///< of the jitter
};

/// Runs a backend for as long as it is wanted: starts it, waits for readiness, restarts it when it
/// exits or hangs (stacks first), passes on its output and signals, ends its whole tree.
///
/// Starting blocks the loop for about 2 ms, each look at the tree while it is being stopped for
/// about 10 us a process of the machine. Stacks are dumped on a thread of their own. Whoever runs
/// the process calls reap_children() on SIGCHLD.
/// Thread rule: the loop's thread.
class backend {
  public:
    backend(
        runtime::loop& on,
        host& machine,
        backend_probe& probe,
        backend_watcher& watcher,
        backend_options options
    );
    backend(const backend&) = delete;
    backend& operator=(const backend&) = delete;
    ~backend();

    /// Until it has stopped for good. Success: it was told to. Failures: crash_loop, command_hung
    /// and address_in_use (see supervisor); what `spawn` said when the first start cannot succeed;
    /// cancelled when `under` ended: the tree is then killed without grace.
    [[nodiscard]] runtime::task<result<>> run(runtime::scope& under);

    /// Ends it in steps; a second call forces, a third does not wait any longer.
    void stop() noexcept;

    /// Sends the leader a signal: SIGHUP, SIGUSR1. Nothing when it does not run.
    void forward(int signal);

    [[nodiscard]] backend_state state() const noexcept { return machine_.state(); }

    /// Starts so far, the first included.
    [[nodiscard]] std::size_t starts() const noexcept { return machine_.starts(); }

    /// When it is started again, while it waits for that.
    [[nodiscard]] std::optional<time_point> starts_again_at() const noexcept {
        return machine_.starts_again_at();
    }

    /// How it ended last: "exit status 1", "signal 9 (SIGKILL)", "hung", "unhealthy", "not ready in
    /// time"; empty while it never has.
    [[nodiscard]] const std::string& last_end() const noexcept { return last_end_; }

    /// Whether it has ended, and not from outside: true from the notice `exited` until its tree is
    /// gone.
    [[nodiscard]] bool has_ended_by_itself() const noexcept;

    /// Dumps the stacks of its whole tree while it runs on, in at most two seconds, on a thread of
    /// its own: each thread of the backend stands still for some milliseconds meanwhile, and a
    /// system call of it may return EINTR. No file is written. `hung_for` and `hangs` are for the
    /// headline (see dump_request). Nothing when it does not run, while another dump is being made,
    /// and when it could not be made in time.
    [[nodiscard]] runtime::task<std::optional<stack_dump>> look(
        runtime::scope& under, std::optional<duration> hung_for, bool hangs
    );

    /// The leader's pid, 0 when it does not run.
    [[nodiscard]] pid_t pid() const noexcept;

  private:
    struct incarnation;

    runtime::task<supervisor_event> next_event(runtime::scope& under, time_point wake);
    runtime::task<supervisor_event> perform(runtime::scope& under, supervisor_action action);
    runtime::task<> end_tree(runtime::scope& under, bool hangs);
    runtime::task<> dump(runtime::scope& under, time_point until);
    runtime::task<std::optional<stack_dump>> dump(
        runtime::scope& under, time_point until, dump_request what
    );
    runtime::task<> pause(runtime::scope& under, time_point until);
    runtime::task<> probe_once(incarnation& of);
    runtime::task<> bury();

    supervisor_event spawn_tree();
    std::optional<supervisor_event> pending_event();
    supervisor_event judge(bool good);
    std::optional<ownership> ask_owner();
    bool stop_was_asked_again();
    void announce(const supervisor_action& action);
    [[nodiscard]] std::string sentence_for(const supervisor_action& action) const;
    [[nodiscard]] std::string farewell() const;
    [[nodiscard]] std::string address() const;
    [[nodiscard]] std::string last_words() const;
    [[nodiscard]] result<> verdict() const;
    [[nodiscard]] time_point now() const noexcept;

    runtime::loop& loop_;
    host& host_;
    backend_probe& probe_;
    backend_watcher& watcher_;
    backend_options options_;
    supervisor machine_;
    runtime::scope own_;  ///< a root: what must be waited for even when `under` has ended
    runtime::baton attention_;
    std::unique_ptr<python_hook> python_;
    std::unique_ptr<incarnation> running_;
    std::optional<bool> probe_result_;
    bool dumping_ = false;
    std::optional<failure> spawn_failure_;
    std::string last_end_;    ///< how the last incarnation ended
    std::string last_lines_;  ///< and what it printed last
    std::string stranger_;    ///< who answered in its place
    time_point spawned_at_{};
    time_point last_answer_{};
    std::size_t stops_asked_ = 0;
    std::size_t stops_told_ = 0;
};

}  // namespace curfew::process
