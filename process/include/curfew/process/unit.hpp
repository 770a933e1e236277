#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/core/failure.hpp>
#include <curfew/process/listener.hpp>
#include <curfew/process/membership.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace curfew::process {

/// What becomes of a stream of the command.
enum class output : std::uint8_t {
    inherit,  ///< ours
    capture,  ///< a pipe, read end with us (unit::output)
    discard,  ///< /dev/null
};

/// Whose session and process group a command is in.
enum class grouping : std::uint8_t {
    own_session,  ///< a session of its own, without a terminal
    own_group,    ///< a process group of its own in our session
    our_group,    ///< ours: it may read from the terminal, and hears what the terminal sends
};

/// What to start.
struct command {
    std::vector<std::string> arguments;  ///< argv; [0] is looked up in PATH unless it has a slash
    /// Added to our environment; a name that is there already is replaced.
    std::vector<std::pair<std::string, std::string>> environment;
    std::string directory;       ///< working directory; empty: ours
    bool inherit_input = false;  ///< false: `input`
    std::string input{};         ///< all of its standard input, in memory; empty: /dev/null
    output standard_output = output::inherit;
    output standard_error = output::inherit;
    grouping group = grouping::own_session;
    /// Its streams, further descriptors without close-on-exec, and which signals are ignored are
    /// what they are with us, so that it notices nobody between it and who started us. What is said
    /// above about streams counts for nothing then.
    bool transparent = false;
    /// Whether `who_listens` will be asked: what is listened at before the start is looked up then,
    /// which takes some milliseconds.
    bool is_server = false;
    /// How long the start itself may take: to the moment exec has succeeded or failed.
    duration start_limit = std::chrono::seconds{10};
};

/// How a command ended.
struct exit_report {
    int code = 0;    ///< exit status; meaningless when a signal ended it
    int signal = 0;  ///< the signal that ended it, or 0
    bool dumped_core = false;
    bool unknown = false;         ///< its keeper was killed: it is gone, and nobody knows how
    bool out_of_memory = false;   ///< for want of it the kernel killed somebody while it ran
    duration cpu{};               ///< user and system time of the command and what it waited for
    std::size_t peak_memory = 0;  ///< largest resident set, bytes

    [[nodiscard]] bool clean() const noexcept { return code == 0 && signal == 0 && !unknown; }

    /// What a shell shows for it: the exit status, or 128 + the signal.
    [[nodiscard]] int shell_code() const noexcept { return signal != 0 ? 128 + signal : code; }

    /// Whether it was ended from outside: by SIGHUP, SIGINT, SIGQUIT, SIGTERM or SIGKILL, itself or
    /// a program below it (as a shell tells it), but not by the kernel for want of memory. True
    /// where nobody knows.
    [[nodiscard]] bool by_others() const noexcept;
};

/// `exit status 3`, `signal 9 (SIGKILL)`, `lost with its keeper`.
[[nodiscard]] std::string describe(const exit_report& report);

/// Whom a signal is for.
enum class target : std::uint8_t {
    leader,
    rest,  ///< everyone but the leader
    everyone,
};

/// A started command and everything it ever starts. Destroying it ends the whole tree with SIGKILL
/// and waits for that at most 1 s: **no process outlives its unit**, and none outlives us either,
/// even when we are killed with SIGKILL (the keeper sees to it).
///
/// Thread rule: one thread at a time.
class unit {
  public:
    virtual ~unit() = default;

    [[nodiscard]] virtual const unit_identity& identity() const noexcept = 0;

    /// Becomes readable when `collect` has something to tell; -1 where there is nothing to wait on
    /// (a simulated unit).
    [[nodiscard]] virtual int notices() const noexcept = 0;

    /// Takes in what the keeper has told since. Never blocks.
    virtual void collect() = 0;

    /// How the leader ended; nothing while it runs. As of the last `collect`.
    [[nodiscard]] virtual const std::optional<exit_report>& exited() const noexcept = 0;

    /// Whether the keeper has seen the last member end. Exact and final. As of the last `collect`.
    [[nodiscard]] virtual bool empty() const noexcept = 0;

    /// Looks who is there now (a pass over /proc).
    [[nodiscard]] virtual census scan() = 0;

    /// Sends a signal; to more than the leader: by a fresh scan. Returns how many it reached.
    virtual std::size_t signal(target whom, int number) = 0;

    /// Who takes the connections to this address (a pass over /proc); of a command that
    /// `is_server`.
    [[nodiscard]] virtual listener_owner who_listens(const runtime::endpoint& to) = 0;

    /// Read ends of captured streams (non-blocking, owned by the unit); -1 if not captured.
    [[nodiscard]] virtual int standard_output() const noexcept = 0;
    [[nodiscard]] virtual int standard_error() const noexcept = 0;
};

/// Where units come from: this machine, or a simulation of it (sim/processes.hpp).
class host {
  public:
    virtual ~host() = default;

    /// Starts a command. On success exec has happened. Failures, with errno in `detail`:
    /// command_not_found (127), command_not_executable (126: no permission, or the interpreter of
    /// its first line is missing, or not a program), bad_usage (no arguments, or the directory
    /// cannot be entered), own_timeout (start_limit passed), local_resource (no process, memory or
    /// descriptor to be had).
    [[nodiscard]] virtual result<std::unique_ptr<unit>> spawn(const command& what) = 0;
};

}  // namespace curfew::process
