#pragma once

#include <curfew/process/stack_dump.hpp>
#include <curfew/process/stop.hpp>
#include <curfew/process/unit.hpp>
#include <curfew/runner/course.hpp>
#include <curfew/runner/signal_inbox.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace curfew::runner {

/// One attempt of a command.
struct attempt_plan {
    process::command what;
    course_limits limits;
    bool looks_for_hangs = true;  ///< its stacks, when its time is over
    duration look_budget = std::chrono::seconds{2};
    std::string hang_id{};         ///< names the file hang-<id>.txt
    std::string hang_directory{};  ///< empty: no file is written
    std::string python_stacks{};   ///< of the python_hook that the command was armed with
    /// It has run for so long, and its limit is still ahead.
    std::function<void(duration)> runs_long{};
    /// Its time is over; what was seen of it, as far as anything was.
    std::function<void(const process::stack_dump&)> hung{};
};

/// How it went.
struct attempt_report {
    std::optional<process::exit_report> ended;  ///< nothing: it was not waited for to its end
    bool timed_out = false;
    int ended_by = 0;          ///< the signal by which somebody ended it, or 0
    bool interrupted = false;  ///< SIGINT came; it may have ended by itself all the same
    bool by_terminal = false;  ///< and the terminal sent it
    bool left = false;         ///< nobody is waited for any more; its tree is being killed
    duration ran{};            ///< from exec to its end, or to its limit, without suspensions
    duration suspended{};
    bool forced = false;             ///< SIGKILL was needed
    std::vector<std::string> leaks;  ///< what it left running: "4711 sleep (S)", at most 16
    std::size_t survivors = 0;       ///< what even SIGKILL has not ended
    std::vector<std::string> survivor_names;
    std::string hung_in;  ///< "hung in psycopg2 connect -> recvfrom fd 7 (127.0.0.1:5432), 58.9 s"
    std::string hang_file;
};

/// Runs a command to the end of the last process it started, as `course` decides. Blocks; waits for
/// nothing but the tree, signals and the next limit. When it returns nothing of it is left, but
/// what is counted as survivors.
/// Errors: those of host::spawn. Thread rule: the inbox's thread.
[[nodiscard]] result<attempt_report> run_attempt(
    process::host& machine, attempt_plan plan, signal_inbox& signals, const clock& time
);

}  // namespace curfew::runner
