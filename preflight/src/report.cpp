#include <curfew/clients/pg/error.hpp>
#include <curfew/policy/json_text.hpp>
#include <curfew/preflight/report.hpp>

#include <array>
#include <cstdio>
#include <string_view>

namespace curfew::preflight {

namespace {

using policy::json_text;

double seconds(duration of) noexcept {
    return std::chrono::duration<double>(of).count();
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size(), width), ' ');
    return text;
}

std::string time_text(duration of) {
    std::array<char, 32> text{};
    const double took = seconds(of);
    if (took < 1) {
        std::snprintf(text.data(), text.size(), "%.1f ms", took * 1000);
    } else {
        std::snprintf(text.data(), text.size(), "%.2f s", took);
    }
    return text.data();
}

json_text& begin(json_text& to, const ruling& made, bool simulated, const report_frame& frame) {
    to.object().member("environment", frame.environment);
    to.member("decision", to_string(made.made)).member("reason", made.why);
    return to.member("simulated", simulated);
}

void write_account(json_text& to, const time_account& account) {
    to.key("account").object();
    for (const auto& [what, number, spent] : account.entries()) {
        std::string name{to_string(what)};
        if (number > 0) name += ' ' + std::to_string(number);
        to.member(name, seconds(spent) * 1000);
    }
    to.end();
}

void write_failure(json_text& to, const look& of) {
    const auto& [kind, why, sentence, behind] = *of.wrong;
    to.object().member("check", of.name).member("kind", to_string(kind));
    to.member("why", why).member("found", sentence);
    if (behind.timed_out()) {
        to.member("limit", behind.ended_by.limit_name);
        to.member("limit_ms", seconds(behind.ended_by.limit) * 1000);
    }
    write_account(to, behind.account);
    to.end();
}

std::string finish(json_text& to, const ruling& made, const bypass_rules& rules) {
    to.key("bypass").object().member("allowed", rules.allowed).key("kinds").array();
    for (const auto kind : rules.kinds) {
        to.value(to_string(kind));
    }
    to.end().member("failures_max", std::uint64_t{rules.failures_max});
    to.member("told", made.told).end();
    return to.end().take();
}

}  // namespace

std::size_t name_width(std::span<const policy::check_policy> checks) noexcept {
    std::size_t longest = 0;
    for (const auto& each : checks) {
        longest = std::max(longest, each.name.size());
    }
    return longest;
}

std::string to_text(std::span<const policy::signal_value> pressure) {
    std::string text;
    for (const auto& [name, value] : pressure) {
        std::array<char, 16> number{};
        std::snprintf(number.data(), number.size(), " %.2f", value);
        text.append(text.empty() ? "" : ", ").append(name).append(number.data());
    }
    return text;
}

std::string details_of(
    const background& what, std::string_view environment, std::string_view pressure
) {
    pg::error known;
    known.why = what.ended_by;
    known.account = what.account;
    known.environment = environment;
    known.pressure = pressure;
    return known.details();
}

std::string to_text(const look& of, std::size_t width, const report_frame& frame) {
    const std::string what =
        std::string{to_string(of.type)} + (of.where.empty() ? "" : " ") + of.where;
    std::string text = of.wrong ? "FAIL  " : "ok    ";
    text += padded(of.name, width) + "  " + what + "  " + time_text(of.took);
    if (of.attempts > 1) text += ", " + std::to_string(of.attempts) + " attempts";
    if (of.wrong) {
        text += "\n      " + padded("", width) + "  " + std::string{to_string(of.wrong->kind)} +
                ": " + of.wrong->sentence + "  (" + of.wrong->why + ')';
        if (of.wrong->behind.timed_out()) {
            text += "\n      " + padded("", width) + "  " +
                    details_of(of.wrong->behind, frame.environment, to_text(frame.pressure));
        }
    }
    return text + '\n';
}

std::string to_text(const ruling& made, std::string_view environment) {
    return std::string{to_string(made.made)} + "  (" + std::string{environment} + ": " + made.why +
           ")\n";
}

std::string to_json(const examined& of, const report_frame& frame) {
    json_text to;
    begin(to, of.made, false, frame).member("took_s", seconds(of.took));
    to.member("budget_s", seconds(frame.budget)).key("pressure").object();
    for (const auto& [name, value] : frame.pressure) {
        to.member(name, value);
    }
    to.end().key("checks").array();
    for (const auto& each : of.looks) {
        to.object().member("name", each.name).member("type", to_string(each.type));
        to.member("where", each.where).member("passed", !each.wrong);
        to.member("attempts", std::uint64_t{each.attempts}).member("took_s", seconds(each.took));
        to.end();
    }
    to.end().key("failures").array();
    for (const auto& each : of.looks) {
        if (each.wrong) write_failure(to, each);
    }
    to.end();
    return finish(to, of.made, frame.rules);
}

std::string to_json(
    const ruling& made, std::span<const failure_kind> simulated, const report_frame& frame
) {
    json_text to;
    begin(to, made, true, frame).key("failures").array();
    for (const auto kind : simulated) {
        to.object().member("kind", to_string(kind)).end();
    }
    to.end();
    return finish(to, made, frame.rules);
}

}  // namespace curfew::preflight
