#include "../watch/target.hpp"
#include "../watch/watching.hpp"
#include "admin_call.hpp"
#include "output.hpp"
#include "policy_sources.hpp"
#include "verbs.hpp"
#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/load.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <expected>

namespace curfew::cli {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t processes_max = 16;
constexpr duration interval_min = 100ms;
constexpr duration interval_max = 1min;
constexpr int nobody_answers = 1;
constexpr std::size_t pipe_columns = 200;  // long names whole, and traces too

std::string_view variable(const char* name) noexcept {
    const char* text = std::getenv(name);
    return text != nullptr ? std::string_view{text} : std::string_view{};
}

/// What the terminal can show, by the locale's rules: LC_ALL over LC_CTYPE over LANG.
bool speaks_unicode() noexcept {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const std::string_view told = variable(name);
        if (!told.empty()) {
            return told.find("UTF-8") != told.npos || told.find("utf8") != told.npos ||
                   told.find("utf-8") != told.npos || told.find("UTF8") != told.npos;
        }
    }
    return false;
}

bool wants_colour(const invocation& line) {
    const auto when = line.value("--color", "auto");
    if (when != "auto") {
        return when == "always";
    }
    return variable("NO_COLOR").empty() && ::isatty(STDOUT_FILENO) == 1 &&
           variable("TERM") != "dumb";
}

std::expected<duration, usage_problem> interval_of(const invocation& line) {
    if (!line.has("--interval")) {
        return watch_request{}.interval;
    }
    const auto read = policy::parse_duration(line.value("--interval"));
    if (!read) {
        return std::unexpected{
            usage_problem{"--interval: " + read.error().sentence, read.error().hint}
        };
    }
    if (*read < interval_min || *read > interval_max) {
        return std::unexpected{usage_problem{"--interval is 100ms to 1m", "--interval 500ms"}};
    }
    return *read;
}

/// The processes that were named, else the one of the policy; each once.
std::expected<std::vector<attachment::target>, usage_problem> processes_of(
    const invocation& line, const policy::policy& rules
) {
    std::vector<std::string> texts;
    if (line.has("--admin")) {
        texts = line.given.at("--admin");
    } else if (rules.server.admin.port == 0) {
        return std::unexpected{usage_problem{
            "the policy leaves the port of the admin listener open (server.admin)",
            "name it: --admin 127.0.0.1:PORT, as `curfew serve` prints it"
        }};
    } else {
        texts = {admin_address(rules.server)};
    }
    std::vector<attachment::target> all;
    for (const std::string& each : texts) {
        auto one = parse_target(each);
        if (!one) {
            return std::unexpected{std::move(one.error())};
        }
        if (std::ranges::find(all, one->shown, &attachment::target::shown) == all.end()) {
            all.push_back(*std::move(one));
        }
    }
    if (all.size() > processes_max) {
        return std::unexpected{
            usage_problem{"at most 16 processes are watched at a time", "leave some out"}
        };
    }
    return all;
}

std::string to_json(const admin::watch_picture& all) {
    admin::json_writer out;
    out.begin_object();
    out.key("processes");
    out.begin_array();
    for (const admin::watched_process& each : all.processes) {
        out.begin_object();
        out.member("admin", each.address);
        out.member("answers", each.state.has_value());
        if (each.state) {
            out.key("state");
            write(out, *each.state);
        } else {
            out.member("trouble", each.trouble);
        }
        out.end_object();
    }
    out.end_array();
    out.end_object();
    return std::move(out).take() + '\n';
}

int watch_once(const invocation& line, const watch_request& what) {
    const auto all = look_at_all(what);
    const auto silent = [](const admin::watched_process& each) { return !each.state; };
    if (line.has("--json")) {
        print(to_json(all));
    } else if (!std::ranges::all_of(all.processes, silent)) {
        print(admin::render_watch(all, terminal_screen::columns(pipe_columns), what.style));
    }
    for (const admin::watched_process& each : all.processes) {
        if (silent(each)) {
            complain(usage_problem{
                "no Curfew can be watched at " + each.address + ": " + each.trouble,
                "--admin names its admin listener, which `curfew serve` prints as admin=ADDRESS"
            });
        }
    }
    return std::ranges::any_of(all.processes, silent) ? nobody_answers : 0;
}

}  // namespace

int watch(const invocation& line) {
    const auto rules = policy_or_flag(line, "--admin");
    if (!rules) {
        return rules.error();
    }
    const auto interval = interval_of(line);
    auto processes = processes_of(line, **rules);
    if (!interval || !processes) {
        return complain(interval ? processes.error() : interval.error());
    }
    const watch_request what{
        *std::move(processes),
        (*rules)->server.admin_token,
        {wants_colour(line), speaks_unicode()},
        *interval,
    };
    if (line.has("--once")) {
        return watch_once(line, what);
    }
    if (line.has("--json")) {
        return complain(usage_problem{"--json prints one picture", "curfew watch --once --json"});
    }
    if (!terminal_screen::is_there()) {
        return complain(usage_problem{
            "stdout is no terminal that can be drawn on", "curfew watch --once prints one picture"
        });
    }
    return watch_on_terminal(what);
}

}  // namespace curfew::cli
