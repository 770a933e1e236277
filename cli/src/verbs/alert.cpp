#include "admin_call.hpp"
#include "output.hpp"
#include "policy_sources.hpp"
#include "sink_trial.hpp"
#include "verbs.hpp"
#include <curfew/admin/alerts_view.hpp>
#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/suggest.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <iterator>

namespace curfew::cli {

namespace {

constexpr int failed = 1;
constexpr auto longest_silence = std::chrono::hours{24 * 7};
constexpr int status_ok = 200;
constexpr int status_not_found = 404;

/// The one of that name; an exit code after a complaint where there is none.
template <class T>
std::expected<const T*, int> pick(
    const std::vector<T>& from, std::string_view name, std::string_view kind
) {
    std::vector<std::string_view> known;
    for (const T& each : from) {
        if (each.name == name) {
            return &each;
        }
        known.push_back(each.name);
    }
    const auto near = policy::closest(name, known);
    std::string hint = near ? "did you mean " + std::string{*near} + '?' : "it has:";
    for (std::size_t i = 0; !near && i < known.size(); ++i) {
        hint.append(" ").append(known[i]);
    }
    return std::unexpected{complain(usage_problem{
        "the policy has no " + std::string{kind} + " `" + std::string{name} + '`',
        known.empty() ? "docs/alerts.md tells how to write one" : std::move(hint)
    })};
}

/// Which sinks a test is of.
std::expected<std::vector<policy::sink_policy>, int> sinks_of(
    const invocation& line, const policy::policy& rules, const std::string& name
) {
    std::vector<std::string> wanted;
    if (!name.empty()) {
        const auto alert = pick(rules.alerts, name, "alert");
        if (!alert) {
            return std::unexpected{alert.error()};
        }
        wanted = (*alert)->sinks;
    }
    if (line.has("--sink")) {
        const auto sink = pick(rules.sinks, line.value("--sink"), "sink");
        if (!sink) {
            return std::unexpected{sink.error()};
        }
        return std::vector{**sink};
    }
    std::vector<policy::sink_policy> all;
    std::ranges::copy_if(rules.sinks, std::back_inserter(all), [&](const auto& each) {
        return wanted.empty() || std::ranges::find(wanted, each.name) != wanted.end();
    });
    if (all.empty()) {
        return std::unexpected{complain(usage_problem{
            "the policy has no sink to send anything to", "write a section [sink.NAME]"
        })};
    }
    return all;
}

int test(const invocation& line, const policy::policy& rules, const std::string& name) {
    const auto sinks = sinks_of(line, rules, name);
    if (!sinks) {
        return sinks.error();
    }
    policy::alert_policy probe;
    probe.name = "test";
    const auto trials =
        try_sinks(rules, *sinks, name.empty() ? probe : **pick(rules.alerts, name, "alert"));
    print(line.has("--json") ? to_json(trials) : line.has("--quiet") ? "" : to_text(trials));
    int worst = 0;
    for (const sink_trial& each : trials) {
        const bool late = each.how.wrong == errc::own_timeout;
        worst = std::max(
            worst,
            each.how.good() ? 0
            : late          ? describe(errc::own_timeout).exit_code
                            : failed
        );
    }
    return worst;
}

int list(const invocation& line, const policy::policy& rules) {
    const bool json = line.has("--json");
    const auto told =
        call_admin(rules.server, http1::method_id::get, json ? "/-/alerts" : "/-/alerts?text");
    const bool heard = told && is_from_admin(*told);
    if (heard && told->status == status_ok) {
        print(told->body);
        return 0;
    }
    if (told && (!heard || told->status != status_not_found)) {
        return complain_about(rules.server, *told);
    }
    const auto written = policy_or_flag(line, "");  // the whole of it: nobody else can tell
    if (!written) {
        return written.error();
    }
    alerts::status now;
    now.alerts = alerts::engine{(*written)->alerts, time_point{}}.summaries(time_point{});
    for (const auto& each : (*written)->sinks) {
        now.sinks.push_back({each.name, {}});
    }
    if (!json && !line.has("--quiet")) {
        std::fprintf(
            stderr,
            "curfew: nothing serves at %s: these are the alerts of the policy\n",
            admin_address(rules.server).c_str()
        );
    }
    print(json ? admin::render_alerts(now, false) : admin::render_alerts_text(now, false));
    return 0;
}

/// Whether it can stand in a query as it is. Which alerts there are knows the Curfew that serves.
bool could_be_a_name(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

int silence(const invocation& line, const policy::policy& rules, const std::string& name) {
    const std::string text = line.value("--for", "1h");
    const auto time = policy::parse_duration(text);
    if (!could_be_a_name(name)) {
        return complain(usage_problem{
            "an alert's name has letters, digits, `-` and `_`", "curfew alert list shows them"
        });
    }
    if (!time || *time > longest_silence) {
        return complain(usage_problem{
            "--for: `" + text + "` " +
                (time ? "is longer than 168h" : "is no duration: " + time.error().sentence),
            "such as --for 1h30m; --for 0s ends it"
        });
    }
    const auto told = call_admin(
        rules.server,
        http1::method_id::post,
        "/-/alerts/silence?name=" + name + "&for=" + policy::format_duration(*time)
    );
    if (!told) {
        return complain_about(
            rules.server,
            told.error(),
            "an alert is silenced where it is watched, by a Curfew that serves (--admin names it); "
            "`silent = true` in the policy silences it for good"
        );
    }
    if (!is_from_admin(*told) || told->status != status_ok) {
        return complain_about(rules.server, *told);
    }
    if (!line.has("--quiet")) {
        print(told->body);
    }
    return 0;
}

std::expected<std::string, usage_problem> check_words(const invocation& line) {
    constexpr std::array<std::string_view, 3> known{"list", "test", "silence"};
    const std::string what = line.arguments.empty() ? "list" : line.arguments.front();
    if (std::ranges::find(known, what) == known.end()) {
        const auto near = policy::closest(what, known);
        return std::unexpected{usage_problem{
            "`alert` cannot `" + what + '`',
            near ? "did you mean " + std::string{*near} + '?' : "it can list, test and silence"
        }};
    }
    const bool named = line.arguments.size() > 1;
    if (what == "list" && named) {
        return std::unexpected{usage_problem{"`alert list` takes no name", "it lists them all"}};
    }
    if (what == "silence" && !named) {
        return std::unexpected{usage_problem{"which alert?", "curfew alert silence NAME --for 1h"}};
    }
    for (const auto& [flag, of] : {std::pair{"--sink", "test"}, std::pair{"--for", "silence"}}) {
        if (line.has(flag) && what != of) {
            return std::unexpected{usage_problem{
                std::string{flag} + " is for `alert " + of + "`, not for `alert " + what + '`',
                "leave it out"
            }};
        }
    }
    return what;
}

}  // namespace

int alert(const invocation& line) {
    const auto what = check_words(line);
    if (!what) {
        return complain(what.error());
    }
    const auto rules = policy_or_flag(line, *what == "test" ? "" : "--admin");
    if (!rules) {
        return rules.error();
    }
    const std::string name = line.arguments.size() > 1 ? line.arguments[1] : "";
    if (*what == "test") {
        return test(line, **rules, name);
    }
    return *what == "silence" ? silence(line, **rules, name) : list(line, **rules);
}

}  // namespace curfew::cli
