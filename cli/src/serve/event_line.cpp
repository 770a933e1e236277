#include "event_line.hpp"

#include <curfew/admin/json_writer.hpp>
#include <curfew/core/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace curfew::cli {

using admin::json_writer;
using policy::severity;

namespace {

std::string_view name_of(severity level) noexcept {
    switch (level) {
        case severity::debug:
            return "debug";
        case severity::info:
            return "info";
        case severity::warning:
            return "warning";
        case severity::error:
            return "error";
    }
    return "info";
}

std::string timestamp() {
    const auto now = std::chrono::system_clock::now();
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
    const std::time_t seconds = milliseconds / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[40];
    const auto length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    char all[48];
    std::snprintf(
        all,
        sizeof all,
        "%.*s.%03dZ",
        static_cast<int>(length),
        text,
        static_cast<int>(milliseconds % 1000)
    );
    return all;
}

std::string seconds_text(duration length) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f s", std::chrono::duration<double>(length).count());
    return text;
}

std::string printable(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n') {
            safe += " / ";
        } else if (byte >= 0x20 && byte != 0x7f) {
            safe += c;
        } else {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\x%02x", unsigned{byte});
            safe += escaped;
        }
    }
    return safe;
}

/// To the microsecond.
double milliseconds(duration length) noexcept {
    const std::chrono::duration<double, std::micro> all{length};
    return std::round(all.count()) / 1000;
}

/// Attributes are texts; these two are something else in JSON.
void write_attribute(json_writer& line, const event::attribute& what) {
    if (what.key == "slow") {
        line.member(what.key, what.value == "true");
    } else if (int status = 0; what.key == "status") {
        std::from_chars(what.value.data(), what.value.data() + what.value.size(), status);
        line.member(what.key, status);
    } else {
        line.member(what.key, printable(what.value));
    }
}

/// What it is and why it ended so.
std::string text_head(severity level, const event& what) {
    std::string line = timestamp() + ' ' + std::string{name_of(level)} + ' ';
    line.append(to_string(what.where)).append(" ").append(printable(what.name));
    line.append(": ").append(to_string(what.ended));
    if (!ended_by_itself(what.why.kind)) {
        line.append(" by ").append(to_string(what.why.kind));
        if (what.why.reason != shed_reason::none) {
            line.append(" (").append(to_string(what.why.reason)).append(")");
        }
        if (!what.why.limit_name.empty()) {
            line.append(" ").append(what.why.limit_name);
            if (is_limited_in_time(what.why)) {
                line.append(" ").append(seconds_text(what.why.limit));
            } else if (what.why.limit_value != 0) {
                line.append(" ").append(std::to_string(what.why.limit_value));
            }
        }
    }
    if (what.error) {
        line.append(", ").append(describe(*what.error).id);
        if (ended_by_itself(what.why.kind) && !what.why.limit_name.empty()) {
            line.append(" (").append(what.why.limit_name).append(")");
        }
    }
    if (!what.why.detail.empty()) {
        line.append(": ").append(what.why.detail);
    }
    return line;
}

void write_head(json_writer& line, severity level, const event& what) {
    line.member("timestamp", timestamp());
    line.member("level", name_of(level));
    line.member("surface", to_string(what.where));
    line.member("name", printable(what.name));
    line.member("outcome", to_string(what.ended));
    line.member("cause", to_string(what.why.kind));
    if (what.why.reason != shed_reason::none) {
        line.member("reason", to_string(what.why.reason));
    }
    if (!what.why.limit_name.empty()) {
        line.member("limit", what.why.limit_name);
        if (is_limited_in_time(what.why)) {
            line.member("limit_ms", milliseconds(what.why.limit));
        }
    }
    if (what.why.limit_value != 0) {
        line.member("limit_value", what.why.limit_value);
    }
    if (!what.why.detail.empty()) {
        line.member("detail", what.why.detail);
    }
    if (what.error) {
        line.member("error", describe(*what.error).id);
    }
}

void write_account(json_writer& line, const time_account& account) {
    line.key("account");
    line.begin_object();
    for (const time_account::entry& each : account.entries()) {
        std::string name{to_string(each.what)};
        if (each.number != 0) {
            name += '_' + std::to_string(each.number);
        }
        line.member(name, milliseconds(each.spent));
    }
    line.end_object();
}

/// How many bytes of `text` take at most `room` in JSON: whole characters, and at least one.
std::size_t bytes_that_fit(std::string_view text, std::size_t room) noexcept {
    constexpr std::size_t escaped = 6;
    std::size_t taken = 0;
    while (taken < text.size()) {
        const std::size_t length = utf8_sequence(text.substr(taken));
        const auto byte = static_cast<unsigned char>(text[taken]);
        const bool plain = length > 1 || (length == 1 && byte >= 0x20 && byte != 0x7f &&
                                          byte != '"' && byte != '\\');
        const std::size_t cost = plain ? length : escaped;
        if (cost > room && taken > 0) {
            break;
        }
        room -= std::min(cost, room);
        taken += std::max<std::size_t>(length, 1);
    }
    return taken;
}

std::string json_piece(std::string_view name, std::string_view text) {
    json_writer line;
    line.begin_object();
    line.member("timestamp", timestamp());
    line.member("level", name_of(severity::info));
    line.member("backend", name);
    line.member("line", text);
    line.end_object();
    return std::move(line).take();
}

}  // namespace

severity severity_of(const event& what) noexcept {
    switch (what.ended) {
        case outcome::failure:
        case outcome::timeout:
            return severity::warning;
        case outcome::ignored:
            return severity::warning;
        case outcome::cancelled:
            return severity::info;
        case outcome::success:
            break;
    }
    for (const event::attribute& each : what.attributes) {
        if (each.key == "slow" && each.value == "true") {
            return severity::warning;
        }
    }
    return severity::info;
}

std::string text_line(severity level, const event& what, std::uint64_t left_out) {
    std::string line = text_head(level, what);
    line.append(", took ").append(seconds_text(what.took));
    if (!what.account.entries().empty()) {
        line.append(" (").append(what.account.format()).append(")");
    }
    for (const event::attribute& each : what.attributes) {
        line.append(" ").append(each.key).append("=").append(printable(each.value));
    }
    if (what.trace.valid()) {
        const auto trace = format_trace(what.trace);
        line.append(" trace=").append(trace.data(), trace.size());
    }
    if (left_out > 0) {
        line.append(" (and ").append(std::to_string(left_out)).append(" like it before)");
    }
    return line;
}

std::string json_line(severity level, const event& what, std::uint64_t left_out) {
    json_writer line;
    line.begin_object();
    write_head(line, level, what);
    line.member("took_ms", milliseconds(what.took));
    write_account(line, what.account);
    for (const event::attribute& each : what.attributes) {
        write_attribute(line, each);
    }
    if (what.trace.valid()) {
        const auto trace = format_trace(what.trace);
        line.member("trace_id", std::string_view{trace.data(), trace.size()});
    }
    if (left_out > 0) {
        line.member("left_out", left_out);
    }
    line.end_object();
    return std::move(line).take();
}

std::string text_summary(severity level, const event& what, std::uint64_t count) {
    return text_head(level, what) + ": " + std::to_string(count) + " more like it";
}

std::string json_summary(severity level, const event& what, std::uint64_t count) {
    json_writer line;
    line.begin_object();
    write_head(line, level, what);
    line.member("left_out", count);
    line.end_object();
    return std::move(line).take();
}

std::string text_sentence(severity level, std::string_view sentence) {
    return timestamp() + ' ' + std::string{name_of(level)} + ' ' + printable(sentence);
}

std::string json_sentence(severity level, std::string_view sentence) {
    json_writer line;
    line.begin_object();
    line.member("timestamp", timestamp());
    line.member("level", name_of(level));
    line.member("message", printable(sentence));
    line.end_object();
    return std::move(line).take();
}

std::string json_output(std::string_view name, std::string_view line) {
    constexpr std::size_t name_room = 256;
    constexpr std::size_t line_room = 3600;
    name = name.substr(0, bytes_that_fit(name, name_room));
    std::string all;
    do {
        const auto piece = line.substr(0, bytes_that_fit(line, line_room));
        line.remove_prefix(piece.size());
        all += (all.empty() ? "" : "\n") + json_piece(name, piece);
    } while (!line.empty());
    return all;
}

}  // namespace curfew::cli
