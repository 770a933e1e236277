#include "../monitor/database_monitor.hpp"
#include "../monitor/monitor_report.hpp"
#include "ledger_access.hpp"
#include "output.hpp"
#include "policy_sources.hpp"
#include "pressure_flag.hpp"
#include "verbs.hpp"
#include <curfew/clients/pg/target.hpp>
#include <curfew/ledger/ledger.hpp>
#include <curfew/ledger/place.hpp>
#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/stretch.hpp>
#include <curfew/preflight/report.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <expected>

namespace curfew::cli {

namespace {

using namespace std::chrono_literals;

constexpr duration length_most = 24h * 30;
constexpr duration interval_least = 10ms;
constexpr duration last_words = 5s;

std::expected<duration, usage_problem> time_of(
    const invocation& line, std::string_view flag, std::string_view usual, duration least
) {
    const auto read = policy::parse_duration(line.value(flag, usual));
    if (read && *read >= least && *read <= length_most) return *read;
    if (read) {
        return std::unexpected{usage_problem{
            std::string{flag} + " is from " + policy::format_duration(least) + " to 720h",
            "write: " + std::string{flag} + ' ' + std::string{usual}
        }};
    }
    return std::unexpected{
        usage_problem{std::string{flag} + ": " + read.error().sentence, read.error().hint}
    };
}

/// The check that is named, or the only one of a database.
std::expected<policy::check_policy, usage_problem> check_of(
    const invocation& line, const policy::policy& of
) {
    const auto name = line.value("--check");
    std::vector<const policy::check_policy*> found;
    std::string known;
    for (const auto& each : of.checks) {
        if (each.type != policy::check_type::postgres) continue;
        known += (known.empty() ? "" : ", ") + each.name;
        if (name.empty() || each.name == name) found.push_back(&each);
    }
    if (found.size() == 1) return *found.front();
    if (!name.empty()) {
        return std::unexpected{usage_problem{
            "there is no check `" + name.substr(0, 80) + "` of a database",
            known.empty() ? "name one: --target postgresql://USER@HOST/DATABASE"
                          : "there is: " + known
        }};
    }
    return std::unexpected{usage_problem{
        found.empty() ? "no database is named" : "the policy has several databases: " + known,
        found.empty() ? "name one: --target postgresql://USER@HOST/DATABASE, or a section "
                        "[check.NAME] with type = \"postgres\""
                      : "choose one: --check " + found.front()->name
    }};
}

std::expected<monitor_plan, usage_problem> plan_of(
    const invocation& line, const policy::policy& of, std::span<const told_signal> pressure
) {
    monitor_plan made;
    made.name = "database";
    made.limits = of.database;
    made.environment = of.environment;
    made.pressure = preflight::to_text(signal_values(pressure));
    if (line.has("--target")) {
        made.where = line.value("--target");
    } else {
        auto check = check_of(line, of);
        if (!check) return std::unexpected{std::move(check.error())};
        made.name = check->name;
        made.where = check->target;
        made.query = check->query;
    }
    if (const auto whom = pg::target::parse(made.where); !whom) {
        return std::unexpected{usage_problem{
            "the database is not well named: " + whom.error().message,
            "write: --target postgresql://USER@HOST:5432/DATABASE"
        }};
    }
    const auto length = time_of(line, "--duration", "1m", 1s);
    const auto interval = time_of(line, "--interval", "1s", interval_least);
    if (!length) return std::unexpected{length.error()};
    if (!interval) return std::unexpected{interval.error()};
    made.length = *length;
    made.interval = *interval;
    return made;
}

/// Where it answers, without user and password.
std::string shown_place(const std::string& where) {
    const auto whom = pg::target::parse(where);
    std::string text;
    for (const auto& each : whom->places()) {
        text += (text.empty() ? "" : ",") +
                (each.host.empty() ? std::string{each.address} : each.host) + ':' + each.port;
    }
    return text + '/' + whom->database();
}

/// Of the ledger that probes are recorded in; an exit code after a complaint.
std::expected<ledger::settings, int> settings_of(const invocation& line, const policy::policy& of) {
    ledger::settings how;
    how.version = CURFEW_VERSION;
    how.rules = of.ledger;
    if (!of.ledger.enabled) return how;
    const auto place = ledger_place(line);
    if (!place) return std::unexpected{place.error()};
    how.path = place->path;
    how.database = place->database;
    return how;
}

monitor_frame frame_of(const monitor_plan& plan, const policy::policy& of) {
    return {
        plan.name,
        shown_place(plan.where),
        of.environment,
        plan.pressure,
        {of.database.connection, of.database.initialization, of.database.query},
        of.database.timeout_rate,
        plan.length,
        {},
        0
    };
}

/// Shows how it goes: one line that is written over on a terminal, else one now and then.
class progress_view {
  public:
    progress_view(bool quiet, std::uint64_t planned)
        : quiet_{quiet}, planned_{planned}, terminal_{::isatty(STDERR_FILENO) == 1} {}

    void show(const monitor_figures& of) {
        constexpr int lines_apart = 10;
        if (quiet_ || (!terminal_ && ++seconds_ % lines_apart != 0)) return;
        std::fprintf(
            stderr, terminal_ ? "\r%s\033[K" : "%s\n", progress_line(of, planned_).c_str()
        );
        std::fflush(stderr);
    }

    void end() const {
        if (!quiet_ && terminal_) std::fputs("\r\033[K", stderr);
    }

  private:
    bool quiet_;
    std::uint64_t planned_;
    bool terminal_;
    int seconds_ = 0;
};

}  // namespace

int monitor(const invocation& line) {
    if (line.arguments.empty() || line.arguments.front() != "database") {
        return complain(usage_problem{
            line.arguments.empty() ? "it is not said what to monitor"
                                   : "only a database can be monitored",
            "curfew monitor database --env staging --duration 1h"
        });
    }
    const auto from = policy_sources(line);
    if (!from) {
        return complain(line, from.error());
    }
    const auto loaded = policy::load(*from);
    if (!loaded.snapshot) {
        return complain(line, loaded);
    }
    const auto pressure = read_pressure(line.values("--pressure"), *loaded.snapshot);
    if (!pressure) {
        return complain(pressure.error());
    }
    const auto of = policy::stretched(*loaded.snapshot, signal_values(*pressure));
    auto plan = plan_of(line, of, *pressure);
    if (!plan) {
        return complain(plan.error());
    }
    std::signal(SIGPIPE, SIG_IGN);
    const auto how = settings_of(line, of);
    if (!how) {
        return how.error();
    }
    const bool quiet = line.has("--quiet");
    ledger::ledger book{*how, ledger_clocks(), [quiet](std::string_view sentence) {
                            if (quiet) return;
                            std::fprintf(
                                stderr, "curfew: warning: %s\n", std::string{sentence}.c_str()
                            );
                        }};
    auto frame = frame_of(*plan, of);
    std::optional<progress_view> view;
    database_monitor one{*std::move(plan), book.sink(), [&](const monitor_figures& now) {
                             view->show(now);
                         }};
    frame.planned = one.planned();
    view.emplace(quiet || line.has("--json"), frame.planned);
    const auto& figures = one.run();
    frame.ran = one.ran();
    view->end();
    if (!book.stop(last_words)) {
        std::fputs("curfew: warning: the ledger could not be written to its end\n", stderr);
    }
    if (line.has("--json")) {
        print(to_json(figures, frame));
    } else if (!quiet) {
        print(to_text(figures, frame));
    }
    return exit_code_of(judge(figures, frame.allowed));
}

}  // namespace curfew::cli
