#include "event_log.hpp"

#include <boost/json.hpp>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

namespace curfew::cli {

namespace {

using policy::severity;

constexpr std::size_t lines_waiting_max = 8192;

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

double milliseconds(duration length) noexcept {
    return std::chrono::duration<double, std::milli>(length).count();
}

std::string text_line(severity level, const event& what, std::uint64_t left_out) {
    std::string line = timestamp() + ' ' + std::string{name_of(level)} + ' ';
    line.append(to_string(what.where)).append(" ").append(printable(what.name));
    line.append(": ").append(to_string(what.ended));
    if (what.why.kind != cause_kind::completed) {
        line.append(" by ").append(to_string(what.why.kind));
        if (what.why.reason != shed_reason::none) {
            line.append(" (").append(to_string(what.why.reason)).append(")");
        }
        if (!what.why.limit_name.empty()) {
            line.append(" ").append(what.why.limit_name);
            line.append(" ").append(seconds_text(what.why.limit));
        }
    }
    if (what.error) {
        line.append(", ").append(describe(*what.error).id);
    }
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
    boost::json::object line;
    line["timestamp"] = timestamp();
    line["level"] = name_of(level);
    line["surface"] = to_string(what.where);
    line["name"] = printable(what.name);
    line["outcome"] = to_string(what.ended);
    line["cause"] = to_string(what.why.kind);
    if (what.why.reason != shed_reason::none) {
        line["reason"] = to_string(what.why.reason);
    }
    if (!what.why.limit_name.empty()) {
        line["limit"] = what.why.limit_name;
        line["limit_ms"] = milliseconds(what.why.limit);
    }
    if (what.error) {
        line["error"] = describe(*what.error).id;
    }
    line["took_ms"] = milliseconds(what.took);
    boost::json::object& account = line["account"].emplace_object();
    for (const time_account::entry& each : what.account.entries()) {
        std::string name{to_string(each.what)};
        if (each.number != 0) {
            name += '_' + std::to_string(each.number);
        }
        account[name] = milliseconds(each.spent);
    }
    for (const event::attribute& each : what.attributes) {
        line[each.key] = printable(each.value);
    }
    if (what.trace.valid()) {
        const auto trace = format_trace(what.trace);
        line["trace_id"] = std::string_view{trace.data(), trace.size()};
    }
    if (left_out > 0) {
        line["left_out"] = left_out;
    }
    return boost::json::serialize(line);
}

}  // namespace

event_log::event_log(const policy::server_policy& how)
    : json_{how.log_format == policy::log_shape::json},
      access_log_{how.access_log},
      least_{how.log_level} {
    spdlog::init_thread_pool(lines_waiting_max, 1);
    logger_ = std::make_shared<spdlog::async_logger>(
        "curfew",
        std::make_shared<spdlog::sinks::stderr_sink_mt>(),
        spdlog::thread_pool(),
        spdlog::async_overflow_policy::overrun_oldest
    );
    logger_->set_pattern("%v");
    logger_->flush_on(spdlog::level::info);
}

event_log::~event_log() {
    logger_->flush();
    logger_.reset();
    spdlog::shutdown();
}

void event_log::record(const event& what) noexcept {
    const severity level = severity_of(what);
    const bool is_request = what.where == surface::http;
    if (level < least_ && !(access_log_ && is_request)) {
        return;
    }
    const auto left_out = access_log_ && is_request ? 0 : admit(what);
    if (!left_out) {
        return;
    }
    write(level, json_ ? json_line(level, what, *left_out) : text_line(level, what, *left_out));
}

std::optional<std::uint64_t> event_log::admit(const event& what) noexcept {
    const std::uint64_t kind = static_cast<std::uint64_t>(what.ended) << 24U |
                               static_cast<std::uint64_t>(what.why.kind) << 16U |
                               static_cast<std::uint64_t>(what.why.reason) << 8U |
                               static_cast<std::uint64_t>(what.error.value_or(errc::internal));
    const std::uint64_t key = std::hash<std::string_view>{}(what.name) ^ kind * 0x9e3779b97f4a7c15U;
    const auto ended = what.started + what.took;
    const auto second =
        std::chrono::duration_cast<std::chrono::seconds>(ended.time_since_epoch()).count();
    const std::scoped_lock hold{lock_};
    recent& seat = recent_[key % recent_.size()];
    if (seat.key == key && seat.second == second) {
        ++seat.left_out;
        return std::nullopt;
    }
    const auto left_out = seat.key == key ? seat.left_out : 0;
    seat = {key, second, 0};
    return left_out;
}

void event_log::say(severity level, std::string_view sentence) noexcept {
    if (level < least_) {
        return;
    }
    if (json_) {
        boost::json::object line;
        line["timestamp"] = timestamp();
        line["level"] = name_of(level);
        line["message"] = printable(sentence);
        write(level, boost::json::serialize(line));
        return;
    }
    write(level, timestamp() + ' ' + std::string{name_of(level)} + ' ' + printable(sentence));
}

void event_log::write(severity, const std::string& line) noexcept {
    logger_->log(spdlog::level::info, line);
}

}  // namespace curfew::cli
