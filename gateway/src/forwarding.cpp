#include <curfew/gateway/forwarding.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace curfew::gateway {

namespace {

using http1::body_kind;
using http1::field;
using http1::field_id;
using http1::wire_writer;
using std::chrono::milliseconds;

constexpr http1::field_set make_set(std::initializer_list<field_id> ids) noexcept {
    http1::field_set set;
    for (const auto id : ids)
        set.insert(id);
    return set;
}

constexpr auto one_connection_only = make_set(
    {field_id::connection,
     field_id::keep_alive,
     field_id::proxy_connection,
     field_id::te,
     field_id::trailer,
     field_id::transfer_encoding,
     field_id::upgrade,
     field_id::proxy_authenticate,
     field_id::proxy_authorization}
);

constexpr auto written_by_us = make_set(
    {field_id::host,
     field_id::content_length,
     field_id::expect,
     field_id::max_forwards,
     field_id::proxy,  // HTTP_PROXY to a CGI-like backend (CVE-2016-5385)
     field_id::traceparent,
     field_id::x_forwarded_for,
     field_id::x_forwarded_proto,
     field_id::x_forwarded_host,
     field_id::x_curfew_timeout_ms,
     field_id::grpc_timeout,
     field_id::x_request_timeout,
     field_id::x_envoy_expected_rq_timeout_ms}
);

constexpr auto of_trusted_peers = make_set(
    {field_id::forwarded,
     field_id::x_client_ip,
     field_id::x_forwarded_port,
     field_id::x_original_url,
     field_id::x_real_ip,
     field_id::x_rewrite_url}
);

/// X-Forwarded-Prefix, X-Forwarded-User and whatever else somebody's backend believes.
bool is_forwarding_name(std::string_view name) noexcept {
    constexpr std::string_view prefix = "x-forwarded-";
    return name.size() > prefix.size() && (name[0] == 'x' || name[0] == 'X') &&
           http1::equals_ignoring_case(name.substr(0, prefix.size()), prefix);
}

/// `X_Forwarded_For`: the same variable as X-Forwarded-For to a CGI-like backend.
bool masks_known_field(const field& each) noexcept {
    std::array<char, 40> dashed;
    const auto begin = each.name.substr(0, dashed.size());
    const auto end = std::ranges::replace_copy(begin, dashed.begin(), '_', '-').out;
    const std::string_view name{dashed.begin(), end};
    if (is_forwarding_name(name)) return true;
    return begin.size() == each.name.size() && http1::find_field_id(name) != field_id::other;
}

bool passes_unknown(const field& each, const peer& from) noexcept {
    if (is_forwarding_name(each.name)) return from.trusted();
    return !each.hop_by_hop && !(each.has_underscore && masks_known_field(each));
}

bool passes_upstream(const field& each, const request_forwarding& how) noexcept {
    if (each.id == field_id::other) return passes_unknown(each, how.from);
    if (each.id == field_id::tracestate) return how.trace_continued;
    if (of_trusted_peers.contains(each.id)) return how.from.trusted();
    return !one_connection_only.contains(each.id) && !written_by_us.contains(each.id);
}

void write_body_fields(const http1::body_framing& body, wire_writer& out) noexcept {
    if (body.kind == body_kind::length) out.field_line(field_id::content_length, body.length);
    if (body.kind == body_kind::chunked) out.field_line(field_id::transfer_encoding, "chunked");
}

/// `X-Forwarded-For: <all that a trusted peer said>, <peer>`.
void write_forwarded_for(
    const http1::field_list& fields, const peer& from, wire_writer& out
) noexcept {
    out.text(to_string(field_id::x_forwarded_for));
    out.text(": ");
    if (from.trusted() && fields.present.contains(field_id::x_forwarded_for)) {
        for (const auto& each : fields) {
            if (each.id != field_id::x_forwarded_for || each.value.empty()) continue;
            out.text(each.value);
            out.text(", ");
        }
    }
    out.text(from.text());
    out.text("\r\n");
}

void write_kept_or_ours(
    const http1::field_list& fields,
    field_id id,
    bool trusted,
    std::string_view ours,
    wire_writer& out
) noexcept {
    const auto said = trusted ? fields.value(id) : std::string_view{};
    const auto value = said.empty() ? ours : said;
    if (!value.empty()) out.field_line(id, value);
}

/// One hop less for those methods that count them (RFC 9110, 7.6.2).
void write_max_forwards(const http1::request_head& head, wire_writer& out) noexcept {
    const auto* const said = head.fields.find(field_id::max_forwards);
    if (said == nullptr) return;
    const auto hops = read_max_forwards(head);
    if (!hops) return out.field_line(*said);
    out.field_line(field_id::max_forwards, std::max<std::uint32_t>(*hops, 1) - 1);
}

/// `1.500`: what is left to the millisecond, as whole seconds would be more than that or nothing.
void write_seconds(field_id id, milliseconds left, wire_writer& out) noexcept {
    constexpr milliseconds::rep a_second = 1000;
    std::array<char, 28> text;
    auto* end = std::to_chars(text.data(), text.data() + 24, left.count() / a_second).ptr;
    *end++ = '.';
    const auto rest = left.count() % a_second;
    for (const milliseconds::rep place : {100, 10, 1})
        *end++ = static_cast<char>('0' + rest / place % 10);
    out.field_line(id, {text.data(), end});
}

/// The caller's own field, told what is left in the form it used.
void write_timeout_again(const field& said, milliseconds left, wire_writer& out) noexcept {
    constexpr milliseconds::rep most_of_grpc = 99'999'999;
    auto count = left.count();
    std::string_view unit;
    switch (said.id) {
        case field_id::x_envoy_expected_rq_timeout_ms:
            break;
        case field_id::grpc_timeout:
            count = std::min(count, most_of_grpc);
            unit = "m";
            break;
        case field_id::x_request_timeout:
            unit = "ms";
            if (said.value.find_first_not_of("0123456789.") == said.value.npos) {
                return write_seconds(said.id, left, out);
            }
            break;
        default:
            return;
    }
    std::array<char, 24> text;
    auto* end = std::to_chars(text.data(), text.data() + text.size(), count).ptr;
    end = std::ranges::copy(unit, end).out;
    out.field_line(said.id, {text.data(), end});
}

void write_time_left(
    const http1::field_list& fields, std::optional<duration> left, wire_writer& out
) noexcept {
    if (!left) return;
    const auto whole = std::max(std::chrono::floor<milliseconds>(*left), milliseconds{1});
    out.field_line(field_id::x_curfew_timeout_ms, static_cast<std::uint64_t>(whole.count()));
    http1::field_set told;
    for (const auto& each : fields) {
        if (each.id == field_id::other || told.contains(each.id)) continue;
        told.insert(each.id);
        write_timeout_again(each, whole, out);
    }
}

}  // namespace

peer::peer(const policy::network::bytes& address, std::span<const policy::network> trusted) noexcept
    : trusted_{std::ranges::any_of(trusted, [&](const policy::network& each) {
          return each.contains(address);
      })} {
    constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const bool is_v4 = std::equal(mapped.begin(), mapped.end(), address.begin());
    const auto* from = is_v4 ? address.data() + mapped.size() : address.data();
    ::inet_ntop(is_v4 ? AF_INET : AF_INET6, from, text_.data(), INET6_ADDRSTRLEN);
    size_ = static_cast<std::uint8_t>(std::string_view{text_.data()}.size());
}

std::optional<std::uint32_t> read_max_forwards(const http1::request_head& head) noexcept {
    constexpr std::size_t most_digits = 9;
    if (!head.fields.present.contains(field_id::max_forwards)) return std::nullopt;
    if (head.method != http1::method_id::options && head.method != http1::method_id::trace) {
        return std::nullopt;
    }
    const auto text = head.fields.value(field_id::max_forwards);
    std::uint32_t hops = 0;
    const auto* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, hops);
    const bool whole = read.ec == std::errc{} && read.ptr == end && text.size() <= most_digits;
    return whole ? std::optional{hops} : std::nullopt;
}

void forward_request(
    const http1::request_head& head, const request_forwarding& how, wire_writer& out
) noexcept {
    out.text(head.method_name);
    out.text(" ");
    out.text(how.path.empty() ? head.path : how.path);
    if (head.has_query) {
        out.text("?");
        out.text(head.query);
    }
    out.text(" HTTP/1.1\r\n");
    out.field_line(field_id::host, head.host.empty() ? how.authority : head.host);
    for (const auto& each : head.fields) {
        if (passes_upstream(each, how)) out.field_line(each);
    }
    out.text(head.minor_version == 0 ? "Via: 1.0 curfew\r\n" : "Via: 1.1 curfew\r\n");
    write_max_forwards(head, out);
    write_body_fields(head.body, out);
    const bool trusted = how.from.trusted();
    write_forwarded_for(head.fields, how.from, out);
    write_kept_or_ours(head.fields, field_id::x_forwarded_proto, trusted, how.scheme, out);
    write_kept_or_ours(head.fields, field_id::x_forwarded_host, trusted, head.host, out);
    const auto trace = format_traceparent(how.trace);
    if (how.trace.valid()) out.field_line(field_id::traceparent, {trace.data(), trace.size()});
    write_time_left(head.fields, how.left, out);
    if (!how.keep_alive) out.field_line(field_id::connection, "close");
    out.end_head();
}

traced continue_trace(const http1::field_list& fields, trace_source& source) noexcept {
    const auto parent = parse_traceparent(fields.value(field_id::traceparent));
    return parent ? traced{source.child(*parent), true} : traced{source.begin(), false};
}

response_framing frame_response(
    const http1::response_head& head, std::uint8_t client_minor_version, bool keep_alive
) noexcept {
    switch (head.body.kind) {
        case body_kind::none:
        case body_kind::length:
            return {head.body, keep_alive};
        case body_kind::chunked:
        case body_kind::until_close:
            break;
    }
    if (client_minor_version == 0) return {{body_kind::until_close, 0}, false};
    return {{body_kind::chunked, 0}, keep_alive};
}

void forward_response(
    const http1::response_head& head,
    const response_framing& framing,
    std::uint8_t client_minor_version,
    std::string_view date,
    wire_writer& out
) noexcept {
    const bool has_length = head.status >= 200 && head.status != 204;
    const bool keeps_length = framing.body.kind == body_kind::none && has_length;
    out.status_line(head.status, head.reason);
    for (const auto& each : head.fields) {
        if (each.id == field_id::other ? each.hop_by_hop : one_connection_only.contains(each.id)) {
            continue;
        }
        if (each.id == field_id::content_length && !keeps_length) continue;
        out.field_line(each);
    }
    write_body_fields(framing.body, out);
    if (!date.empty() && !head.fields.present.contains(field_id::date)) {
        out.field_line(field_id::date, date);
    }
    if (!framing.keep_alive) {
        out.field_line(field_id::connection, "close");
    } else if (client_minor_version == 0) {
        out.field_line(field_id::connection, "keep-alive");
    }
    out.end_head();
}

}  // namespace curfew::gateway
