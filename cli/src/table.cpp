#include "table.hpp"

#include "flags.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>
#include <array>

namespace curfew::cli {

namespace {

constexpr std::array table{
    verb{
        .name = "serve",
        .usage = "[-- COMMAND...]",
        .summary = "stand in front of a backend and keep answering",
        .description =
            "Gives every request a deadline from its arrival, keeps one hung route from eating the "
            "rest, refuses early and says why. With a command behind `--` it starts the backend, "
            "restarts it when it crashes or hangs, and ends its whole tree. Prints `ready "
            "http=ADDRESS admin=ADDRESS` when it serves. All that the backend prints, on either "
            "stream, goes to stderr among Curfew's log, each line behind `backend | ` "
            "(`backend.prefix_output`). SIGTERM, SIGINT and SIGQUIT drain: what is being served "
            "ends (`server.drain`), then the backend is asked to (`backend.grace`); a second one "
            "kills at once. SIGUSR1 and SIGUSR2 go to the backend; no other signal does. "
            "SIGHUP reads the policy again, as `curfew reload` does; a bad one changes nothing. "
            "When Curfew's terminal is closed, SIGHUP drains, unless it was "
            "ignored at the start (nohup). "
            "--json writes the log as JSON, each line of the backend as an object with `backend` "
            "and `line`, --quiet only its errors, --verbose what is not a problem too.",
        .own = serve_flags,
        .meanings = serve_meanings,
        .takes_command = true,
        .command_key = "backend.command",
        .run = serve,
    },
    verb{
        .name = "run",
        .usage = "-- COMMAND...",
        .summary = "run a command that cannot hang and leaves nothing behind",
        .description =
            "Runs a command with our terminal and streams, untouched. When its time is over, says "
            "where it hangs, then ends its whole process tree: SIGTERM, --grace, SIGKILL. Whatever "
            "it leaves running when it ends is named and ended too. Ctrl-C is passed on, the "
            "second kills, the third does not wait any longer; while it is suspended no time "
            "passes. Exits with the command's own code, 128 + N when signal N ended it; 124 when "
            "its time was over, 125 when Curfew failed, 126 when it is no program, 127 when it is "
            "not there. Each run is in the ledger: `curfew explain RUN_ID`.",
        .own = run_flags,
        .arguments_max = 64,
        .takes_command = true,
        .run = run,
    },
    verb{
        .name = "explain",
        .usage = "TRACE_ID | RUN_ID",
        .summary = "tell what happened to one operation, and why",
        .description =
            "Prints all that the ledger knows of a trace, on one screen: how it ended, which limit "
            "ended it, its value and which layer of the policy said so, where the time went, what "
            "else was true then (the same operation and the others in that minute, its usual "
            "times, "
            "the breaker, the queue, the backend's restarts, the last deploy), and what to do. "
            "TRACE_ID is the `trace_id` of a refusal or of the log, RUN_ID what `curfew run` told. "
            "Exits 1 if there is none.",
        .own = {},
        .arguments_max = 1,
        .run = explain,
    },
    verb{
        .name = "report",
        .usage = "",
        .summary = "tell what timed out, what nearly did, and where the time went",
        .description =
            "Sums up what the ledger recorded: what timed out, near misses (over 80 % of a limit), "
            "quantiles and where the time went by operation, what failed, refusals by cause, the "
            "backend's hangs and restarts, deploys, and what was sampled or lost. Counts and times "
            "are exact, whatever was sampled. Examples are trace ids, for `curfew explain`.",
        .own = report_flags,
        .run = report,
    },
    verb{
        .name = "trend",
        .usage = "",
        .summary = "tell how things went over time, what changed, and what comes next",
        .description =
            "Shows rate, timeouts and a latency quantile of each operation over time; where they "
            "changed, with the deploy beside it (`curfew mark`); what moved together; and what "
            "comes next if nothing changes, with how sure that is. Time is cut into at most 144 "
            "slots; the histograms of a slot are merged, so its quantiles are exact. A change is "
            "told only if it stands out among all the series that were searched.",
        .own = trend_flags,
        .run = trend,
    },
    verb{
        .name = "advise",
        .usage = "",
        .summary = "tell which limits the history speaks for, and write them",
        .description =
            "Advises a time limit for each operation from its own history since it last changed: "
            "what timed out counts as at least that long, what hung is told apart, too few calls "
            "advise nothing, and less than a day of them lowers no limit. Prints the evidence and "
            "how often the advised limit would have ended "
            "a call that completed. --write edits the policy file, comments and layout kept, after "
            "showing the difference; it is not written if it changed meanwhile or would not "
            "validate. Exits 1 if something advised could not be written.",
        .own = advise_flags,
        .run = advise,
    },
    verb{
        .name = "mark",
        .usage = "TEXT",
        .summary = "record a deploy in the ledger",
        .description =
            "Records that something was deployed now, such as `curfew mark v1.4`: reports "
            "show it among the figures. Works whether or not a Curfew serves.",
        .own = {},
        .arguments_max = 1,
        .run = mark,
    },
    verb{
        .name = "reload",
        .usage = "",
        .summary = "put a changed policy in force without a restart",
        .description =
            "Asks the Curfew that serves (its admin listener) to read its own policy again, waits "
            "until it is in force, and prints what has changed and what waits for a restart. "
            "--admin names the listener; by default it is the policy's (`server.admin`, "
            "`server.admin_token`). Exits 0 if it is in force, or there was nothing to change; 2 "
            "if the policy is bad, which is told with file, line and column, and the old one "
            "stays; 1 if nobody answers, or not now.",
        .own = reload_flags,
        .run = reload,
    },
    verb{
        .name = "alert",
        .usage = "list | test [NAME] | silence NAME",
        .summary = "list alerts, test where they are sent, or silence one",
        .description =
            "list: each alert and how it is now, asked of the Curfew that serves (its admin "
            "listener), else as the policy has them. test: sends a notice that says it is a test "
            "through every sink, those of one alert, or one (--sink), each within its `timeout`, "
            "and prints what came of it; exits 1 if one did not take it, 124 if one did not in "
            "time. silence: nobody is told of the alert for so long (--for, by default 1h; "
            "--for 0s ends it).",
        .own = alert_flags,
        .arguments_max = 2,
        .offers = offer::words,
        .words = "list test silence",
        .run = alert,
    },
    verb{
        .name = "monitor",
        .usage = "database",
        .summary = "probe a database at fixed times, and judge how it answers",
        .description =
            "Connects, initializes and asks once every --interval for --duration, whatever "
            "becomes of the probes before, within the limits of [database]. Shows how it goes, "
            "records each probe in the ledger (`curfew trend --surface database`), and ends with "
            "figures by stage and over time. The database is --target, or that of a [check.NAME] "
            "of the type postgres. Exits 1 if more than `database.timeout_rate` timed out or "
            "failed, 4 if no probe ran.",
        .own = monitor_flags,
        .arguments_max = 1,
        .offers = offer::words,
        .words = "database",
        .run = monitor,
    },
    verb{
        .name = "preflight",
        .usage = "",
        .summary = "check what the service needs, and decide whether it may start",
        .description =
            "Looks at each [check.NAME] of the policy, all at once within `startup.budget`, and "
            "decides by the kinds of what failed (`startup.*`): start, start_degraded (exit 0) or "
            "block (exit 1). `curfew serve` begins with the same. --simulate decides as if checks "
            "had failed so and looks at nothing, such as `curfew preflight --env staging "
            "--simulate vpc_connector,database_timeout`. BYPASS_STARTUP_VALIDATION=true in the "
            "environment starts whatever fails, loudly. Exits 4 where there is nothing to check.",
        .own = preflight_flags,
        .run = preflight,
    },
    verb{
        .name = "pressure",
        .usage = "list | set NAME | clear NAME",
        .summary = "look at the signals of pressure, or tell one",
        .description =
            "list: each signal of the Curfew that serves (its admin listener), how far it is up, "
            "and the limits that it stretches. set: tells one that no sensor reads, such as "
            "`curfew pressure set vpc_connector_scaling --value 1 --lease 5m`; it is over when "
            "the lease is, unless it is told again. clear: it is over now. --admin names the "
            "listener; by default it is the policy's. Exits 1 if nobody answers.",
        .own = pressure_flags,
        .arguments_max = 2,
        .offers = offer::words,
        .words = "list set clear",
        .run = pressure,
    },
    verb{
        .name = "watch",
        .usage = "",
        .summary = "look at what runs, hangs and ends badly, live",
        .description =
            "Draws on the terminal how a serving Curfew goes: routes with their rates, times, "
            "refusals, queues and breakers, what runs and hangs now by the nearest deadline, and "
            "what ended badly or nearly, as it happens. --admin names its admin listener, and may "
            "be given again for each further process; by default it is the policy's "
            "(`server.admin`, `server.admin_token`). A process that goes away is told, and "
            "attached again when it is back. Keys: q quits, ? explains the others. --once prints "
            "one picture as plain text, with --json as JSON, and exits 1 if a process does not "
            "answer.",
        .own = watch_flags,
        .run = watch,
    },
    verb{
        .name = "demo",
        .usage = "",
        .summary = "show what Curfew does for a backend that hangs and crashes",
        .description =
            "Puts the same load and the same faults on a small shop, first direct, then through "
            "`curfew serve` with its default limits, and prints one table. Takes about 70 s. Exits "
            "0 "
            "only if every claim held, 1 if one did not, 3 if the load could not be kept up, 4 if "
            "a "
            "fault did not fire.",
        .own = demo_flags,
        .run = demo,
    },
    verb{
        .name = "check",
        .usage = "",
        .summary = "validate the policy",
        .description = "Reads the policy through all its layers and prints one line when it is "
                       "right, or every "
                       "problem with its place and a hint. Without --env (and CURFEW_ENV) each "
                       "environment the "
                       "file defines is checked. What is valid but unusual is warned of, and the "
                       "exit code stays 0. --pressure shows each limit that is longer while the "
                       "signals it names are up, in the first environment.",
        .own = check_flags,
        .run = check,
    },
    verb{
        .name = "init",
        .usage = "[DIRECTORY]",
        .summary = "write a curfew.toml for the project found here",
        .description =
            "Looks at the project's files, says what it found, and writes a short commented "
            "curfew.toml. An existing one is never overwritten.",
        .own = {},
        .arguments_max = 1,
        .offers = offer::directories,
        .run = init,
    },
    verb{
        .name = "version",
        .usage = "",
        .summary = "print the version",
        .description = "Prints the version; `curfew --version` does the same.",
        .own = {},
        .run = version,
    },
    verb{
        .name = "help",
        .usage = "[VERB | policy]",
        .summary = "print help on a verb, or on every key of the policy",
        .description =
            "Prints help on Curfew, on one verb, or, with `policy`, the reference of curfew.toml.",
        .own = help_flags,
        .arguments_max = 1,
        .offers = offer::words,
        .words = "policy",
        .run = help,
    },
    verb{
        .name = "completions",
        .usage = "SHELL",
        .summary = "print completions for bash, zsh or fish",
        .description = "Prints a script for the shell. bash: source <(curfew completions bash). "
                       "zsh: write it to "
                       "_curfew in a directory of $fpath. fish: curfew completions fish | source.",
        .own = {},
        .arguments_max = 1,
        .offers = offer::words,
        .words = "bash zsh fish",
        .run = completions,
    },
};

}  // namespace

std::span<const std::string> invocation::values(std::string_view flag) const {
    const auto found = given.find(flag);
    return found == given.end() ? std::span<const std::string>{} : found->second;
}

std::string invocation::value(std::string_view flag, std::string_view otherwise) const {
    const auto found = given.find(flag);
    return found == given.end() || found->second.empty() ? std::string{otherwise}
                                                         : found->second.back();
}

std::span<const verb> verbs() noexcept {
    return table;
}

const verb* find_verb(std::string_view name) noexcept {
    const auto found = std::ranges::find(table, name, &verb::name);
    return found == table.end() ? nullptr : &*found;
}

std::span<const flag> flags_of_every_verb() noexcept {
    return common_flags;
}

std::vector<flag> flags_of(const verb& which) {
    std::vector<flag> all{which.own.begin(), which.own.end()};
    all.insert(all.end(), common_flags.begin(), common_flags.end());
    return all;
}

}  // namespace curfew::cli
