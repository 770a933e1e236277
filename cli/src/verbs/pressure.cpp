#include "admin_call.hpp"
#include "output.hpp"
#include "policy_sources.hpp"
#include "verbs.hpp"
#include <curfew/admin/terminal_text.hpp>
#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/json_text.hpp>
#include <curfew/policy/suggest.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <expected>
#include <optional>

namespace curfew::cli {

namespace {

constexpr int status_ok = 200;

/// What is asked of the listener.
struct question {
    http1::method_id method = http1::method_id::get;
    std::string target = "/-/pressure";
    std::string body;
};

bool could_be_a_name(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

std::optional<double> read_value(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && value >= 0 && value <= 1 ? std::optional{value} : std::nullopt;
}

std::expected<question, usage_problem> question_to_set(
    const invocation& line, const std::string& name
) {
    const std::string value = line.value("--value", "1");
    const std::string lease = line.value("--lease", "5m");
    const auto number = read_value(value);
    if (!number) {
        return std::unexpected{usage_problem{
            "--value: `" + value + "` is no number from 0 to 1", "such as --value 0.5"
        }};
    }
    if (const auto time = policy::parse_duration(lease); !time) {
        return std::unexpected{usage_problem{
            "--lease: `" + lease + "` is no duration: " + time.error().sentence,
            "such as --lease 5m; nothing is told for ever, but it may be told again"
        }};
    }
    policy::json_text body;
    body.object().member("value", *number).member("lease", std::string_view{lease}).end();
    return question{http1::method_id::post, "/-/pressure/" + name, body.take()};
}

std::expected<question, usage_problem> read_question(const invocation& line) {
    constexpr std::array<std::string_view, 3> known{"list", "set", "clear"};
    const std::string what = line.arguments.empty() ? "list" : line.arguments.front();
    const std::string name = line.arguments.size() > 1 ? line.arguments[1] : "";
    if (std::ranges::find(known, what) == known.end()) {
        const auto near = policy::closest(what, known);
        return std::unexpected{usage_problem{
            "`pressure` cannot `" + what + '`',
            near ? "did you mean " + std::string{*near} + '?' : "it can list, set and clear"
        }};
    }
    if (what == "list" && !name.empty()) {
        return std::unexpected{usage_problem{"`pressure list` takes no name", "it lists them all"}};
    }
    for (const auto* flag : {"--value", "--lease"}) {
        if (line.has(flag) && what != "set") {
            return std::unexpected{usage_problem{
                std::string{flag} + " is for `pressure set`, not for `pressure " + what + '`',
                "leave it out"
            }};
        }
    }
    if (what == "list") {
        return question{};
    }
    if (!could_be_a_name(name)) {
        return std::unexpected{usage_problem{
            name.empty() ? "which signal?" : "a signal's name has a-z, digits, `-` and `_`",
            "curfew pressure list shows them"
        }};
    }
    if (what == "clear") {
        return question{http1::method_id::post, "/-/pressure/" + name, R"({"value": 0})"};
    }
    return question_to_set(line, name);
}

/// What the listener did not want: its sentence, and its hint on the line after.
int complain_of_refusal(const http::answer& told) {
    const std::string_view text = told.body;
    const auto end = std::min(text.find('\n'), text.size());
    auto rest = text.substr(std::min(end + 1, text.size()));
    constexpr std::string_view hint = "hint: ";
    rest = rest.starts_with(hint) ? rest.substr(hint.size(), rest.find('\n') - hint.size())
                                  : std::string_view{};
    return complain(usage_problem{
        admin::terminal_text(text.substr(0, end)), std::string{admin::terminal_text(rest)}
    });
}

}  // namespace

int pressure(const invocation& line) {
    auto asked = read_question(line);
    if (!asked) {
        return complain(asked.error());
    }
    const auto rules = policy_or_flag(line, "--admin");
    if (!rules) {
        return rules.error();
    }
    const auto& server = (*rules)->server;
    asked->target += line.has("--json") ? "" : "?text";
    const auto told =
        call_admin(server, asked->method, asked->target, std::chrono::seconds{2}, asked->body);
    if (!told) {
        return complain_about(
            server,
            told.error(),
            "signals are of a Curfew that serves: --admin names its admin listener"
        );
    }
    constexpr std::array refused{400, 404, 409};
    if (is_from_admin(*told) && std::ranges::find(refused, told->status) != refused.end()) {
        return complain_of_refusal(*told);
    }
    if (!is_from_admin(*told) || told->status != status_ok) {
        return complain_about(server, *told);
    }
    if (!line.has("--quiet")) {
        print(told->body);
    }
    return 0;
}

}  // namespace curfew::cli
