#include "network_checks.hpp"

#include <curfew/policy/json_text.hpp>

#include <array>
#include <charconv>
#include <utility>

namespace curfew::preflight {

using runtime::task;

namespace {

/// RESP: an array of bulk strings.
std::string resp_command(std::span<const std::string_view> words) {
    std::string made = '*' + std::to_string(words.size()) + "\r\n";
    for (const auto word : words) {
        made += '$' + std::to_string(word.size()) + "\r\n" + std::string{word} + "\r\n";
    }
    return made;
}

std::optional<int> status_of(std::string_view line) noexcept {
    int status = 0;
    if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return std::nullopt;
    const auto read = std::from_chars(line.data() + 9, line.data() + 12, status);
    return read.ec == std::errc{} && status >= 100 ? std::optional{status} : std::nullopt;
}

std::string login_text(const policy::service_url& where) {
    policy::json_text to;
    to.object().member("verbose", false).member("pedantic", false).member("name", "curfew");
    to.member("lang", "c++").member("version", "1").member("protocol", std::uint64_t{1});
    if (where.password.empty() && !where.user.empty()) {
        to.member("auth_token", where.user);
    } else if (!where.user.empty()) {
        to.member("user", where.user).member("pass", where.password);
    }
    std::string text = to.end().take();
    std::erase(text, '\n');  // the protocol is one of lines
    return text;
}

}  // namespace

task<std::optional<finding>> tcp_check::attempt(runtime::scope& under) {
    conversation with{with_, rules_.where};
    auto beginning = with.begin(under);
    auto wrong = co_await beginning;
    co_return wrong;
}

task<std::optional<finding>> tls_check::attempt(runtime::scope& under) {
    conversation with{with_, rules_.where};
    auto beginning = with.begin(under);
    auto wrong = co_await beginning;
    if (wrong) {
        co_return wrong;
    }
    auto securing = with.secure(rules_.ca_file, rules_.valid_for, under);
    wrong = co_await securing;
    co_return wrong;
}

task<std::optional<finding>> http_check::attempt(runtime::scope& under) {
    conversation with{with_, rules_.where};
    auto beginning = with.begin(under);
    auto wrong = co_await beginning;
    if (!wrong && rules_.where.over_tls) {
        auto securing = with.secure(rules_.ca_file, rules_.valid_for, under);
        wrong = co_await securing;
    }
    if (wrong) {
        co_return wrong;
    }
    const auto& where = rules_.where;
    const std::string target = where.path.empty()          ? "/"
                               : where.path.front() == '?' ? '/' + where.path
                                                           : where.path;
    auto asking = with.say(
        "GET " + target + " HTTP/1.1\r\nHost: " + where.shown() +
            "\r\nUser-Agent: curfew\r\nConnection: close\r\n\r\n",
        under
    );
    wrong = co_await asking;
    if (wrong) {
        co_return wrong;
    }
    auto hearing = with.hear("\r\n", under);
    const auto line = co_await hearing;
    if (!line) {
        co_return line.error();
    }
    const auto status = status_of(*line);
    if (!status) {
        co_return finding{.sentence = where.shown() + " does not speak HTTP/1.1"};
    }
    const bool good = rules_.status == 0 ? *status >= 200 && *status < 400
                                         : *status == static_cast<int>(rules_.status);
    if (good) {
        co_return std::nullopt;
    }
    co_return finding{
        .sentence = where.shown() + " answered " + std::to_string(*status),
        .http_status = *status,
        .message = clean(*line)
    };
}

task<std::optional<finding>> redis_check::attempt(runtime::scope& under) {
    conversation with{with_, rules_.where};
    auto beginning = with.begin(under);
    auto wrong = co_await beginning;
    if (!wrong && rules_.where.over_tls) {
        auto securing = with.secure(rules_.ca_file, rules_.valid_for, under);
        wrong = co_await securing;
    }
    if (wrong) {
        co_return wrong;
    }
    const auto& where = rules_.where;
    std::string text;
    int answers = 1;
    if (!where.password.empty() || !where.user.empty()) {
        const std::array all{
            std::string_view{"AUTH"}, std::string_view{where.user}, std::string_view{where.password}
        };
        const std::array alone{all[0], where.user.empty() ? all[2] : all[1]};
        const bool both = !where.password.empty() && !where.user.empty();
        text += both ? resp_command(all) : resp_command(alone);
        ++answers;
    }
    if (!where.path.empty()) {
        text += resp_command(
            std::array{std::string_view{"SELECT"}, std::string_view{where.path}.substr(1)}
        );
        ++answers;
    }
    text += resp_command(std::array{std::string_view{"PING"}});
    auto saying = with.say(std::move(text), under);
    wrong = co_await saying;
    if (wrong) {
        co_return wrong;
    }
    for (int heard = 0; heard < answers; ++heard) {
        auto hearing = with.hear("\r\n", under);
        const auto line = co_await hearing;
        if (!line) {
            co_return line.error();
        }
        if (!line->starts_with("+OK") && !line->starts_with("+PONG")) {
            const auto said = clean(*line);
            co_return finding{.sentence = where.shown() + " said: " + said, .message = said};
        }
    }
    co_return std::nullopt;
}

task<std::optional<finding>> nats_check::attempt(runtime::scope& under) {
    conversation with{with_, rules_.where};
    auto beginning = with.begin(under);
    auto wrong = co_await beginning;
    if (wrong) {
        co_return wrong;
    }
    const auto& where = rules_.where;
    auto greeting = with.hear("\r\n", under);
    auto line = co_await greeting;
    if (line && !line->starts_with("INFO ")) {
        co_return finding{.sentence = where.shown() + " does not speak NATS"};
    }
    if (line && (where.over_tls || line->find("\"tls_required\":true") != line->npos)) {
        auto securing = with.secure(rules_.ca_file, rules_.valid_for, under);
        wrong = co_await securing;
        if (wrong) {
            co_return wrong;
        }
    }
    if (line) {
        auto saying = with.say("CONNECT " + login_text(where) + "\r\nPING\r\n", under);
        wrong = co_await saying;
        if (wrong) {
            co_return wrong;
        }
        auto hearing = with.hear("\r\n", under);
        line = co_await hearing;
    }
    if (!line) {
        co_return line.error();
    }
    if (!line->starts_with("PONG")) {
        const auto said = clean(*line);
        co_return finding{.sentence = where.shown() + " said: " + said, .message = said};
    }
    co_return std::nullopt;
}

}  // namespace curfew::preflight
