#include "access_record.hpp"

#include <curfew/admin/json_writer.hpp>
#include <curfew/core/rfc3339.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <type_traits>

namespace curfew::cli {

namespace {

constexpr std::size_t text_max = 1024;

enum text : std::uint8_t { route, client, status, method, host, path, upstream, texts };

/// The texts of a cause are in static storage, so it travels as it is.
struct head {
    time_point started;
    duration took;
    duration limit;
    cause why;
    time_account account;
    trace_context trace;
    double one_in;
    std::uint64_t bytes_in;
    std::uint64_t bytes_out;
    std::optional<errc> error;
    outcome ended;
    bool slow;
    bool has_facts;
    std::array<std::uint16_t, texts> sizes;
};

static_assert(std::is_trivially_copyable_v<head>);

std::string_view attribute(const event& of, std::string_view key) noexcept {
    const auto found = std::ranges::find(of.attributes, key, &event::attribute::key);
    return found == of.attributes.end() ? std::string_view{} : found->value;
}

std::array<std::string_view, texts> texts_of(const event& what) noexcept {
    std::array<std::string_view, texts> all;
    all[route] = what.name;
    all[client] = attribute(what, "client");
    all[status] = attribute(what, "status");
    if (what.request != nullptr) {
        all[method] = what.request->method;
        all[host] = what.request->host;
        all[path] = what.request->path;
        all[upstream] = what.request->upstream;
    }
    for (std::string_view& each : all) {
        each = each.substr(0, text_max);
    }
    return all;
}

/// To the microsecond.
double milliseconds(duration length) noexcept {
    return std::round(std::chrono::duration<double, std::micro>{length}.count()) / 1000;
}

std::optional<std::string_view> shown(std::string_view text) noexcept {
    return text.empty() ? std::nullopt : std::optional{text};
}

void write_cause(admin::json_writer& line, const head& of) {
    line.member("outcome", to_string(of.ended));
    line.member("cause", to_string(of.why.kind));
    if (of.why.reason != shed_reason::none) {
        line.member("reason", to_string(of.why.reason));
    }
    if (!of.why.limit_name.empty()) {
        line.member("limit", of.why.limit_name);
    }
    if (is_limited_in_time(of.why)) {
        line.member("limit_ms", milliseconds(of.why.limit));
    } else if (of.limit > duration::zero()) {
        line.member("limit_ms", milliseconds(of.limit));
    }
    if (of.why.limit_value != 0) {
        line.member("limit_value", of.why.limit_value);
    }
    if (of.error) {
        line.member("error", describe(*of.error).id);
    }
    if (!of.why.detail.empty()) {
        line.member("detail", of.why.detail);
    }
}

void write_account(admin::json_writer& line, const time_account& account) {
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

}  // namespace

std::size_t access_record_size(const event& what) noexcept {
    std::size_t size = sizeof(head);
    for (const std::string_view each : texts_of(what)) {
        size += each.size();
    }
    return size;
}

void write_access_record(const event& what, double one_in, std::byte* to) noexcept {
    const auto all = texts_of(what);
    head first{
        .started = what.started,
        .took = what.took,
        .limit = what.limit,
        .why = what.why,
        .account = what.account,
        .trace = what.trace,
        .one_in = one_in,
        .bytes_in = what.request != nullptr ? what.request->bytes_in : 0,
        .bytes_out = what.request != nullptr ? what.request->bytes_out : 0,
        .error = what.error,
        .ended = what.ended,
        .slow = attribute(what, "slow") == "true",
        .has_facts = what.request != nullptr,
        .sizes = {},
    };
    std::byte* at = to + sizeof first;
    for (std::size_t i = 0; i < texts; ++i) {
        first.sizes[i] = static_cast<std::uint16_t>(all[i].size());
        at = std::ranges::copy(std::as_bytes(std::span{all[i]}), at).out;
    }
    std::memcpy(to, &first, sizeof first);
}

std::string access_line(std::span<const std::byte> record, std::chrono::sys_time<duration> epoch) {
    head of;
    std::memcpy(&of, record.data(), sizeof of);
    std::array<std::string_view, texts> all;
    const char* at = reinterpret_cast<const char*>(record.data()) + sizeof of;
    for (std::size_t i = 0; i < texts; ++i) {
        all[i] = {at, of.sizes[i]};
        at += of.sizes[i];
    }
    const int code = std::atoi(std::string{all[status]}.c_str());
    admin::json_writer line;
    line.begin_object();
    line.member("time", rfc3339(epoch + of.started.time_since_epoch()));
    line.member("method", shown(all[method]));
    line.member("host", shown(all[host]));
    line.member("path", shown(all[path]));
    line.member("route", all[route]);
    line.member("status", code != 0 ? std::optional{code} : std::nullopt);
    write_cause(line, of);
    line.member("duration_ms", milliseconds(of.took));
    write_account(line, of.account);
    line.member("slow", of.slow);
    if (of.has_facts) {
        line.member("bytes_in", of.bytes_in);
        line.member("bytes_out", of.bytes_out);
    }
    line.member("upstream", shown(all[upstream]));
    line.member("client", shown(all[client]));
    const auto trace = format_trace(of.trace);
    line.member("trace_id", std::string_view{trace.data(), trace.size()});
    line.member("one_in", of.one_in);
    line.end_object();
    return std::move(line).take() + '\n';
}

}  // namespace curfew::cli
