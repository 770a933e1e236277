#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace curfew::http1 {

/// The field names somebody in Curfew asks for. The parser recognises them once, so nobody
/// compares names again. At most 64: a set of them is one word (field_set).
enum class field_id : std::uint8_t {
    other,
    accept,
    accept_encoding,
    authorization,
    cache_control,
    connection,
    content_encoding,
    content_length,
    content_type,
    cookie,
    date,
    etag,
    expect,
    forwarded,
    grpc_timeout,
    host,
    idempotency_key,
    keep_alive,
    last_event_id,
    location,
    max_forwards,
    origin,
    proxy,
    proxy_authenticate,
    proxy_authorization,
    proxy_connection,
    range,
    referer,
    retry_after,
    sec_websocket_accept,
    sec_websocket_extensions,
    sec_websocket_key,
    sec_websocket_protocol,
    sec_websocket_version,
    server,
    set_cookie,
    te,
    traceparent,
    tracestate,
    trailer,
    transfer_encoding,
    upgrade,
    user_agent,
    via,
    x_client_ip,
    x_curfew_timeout_ms,
    x_envoy_expected_rq_timeout_ms,
    x_forwarded_for,
    x_forwarded_host,
    x_forwarded_port,
    x_forwarded_proto,
    x_original_url,
    x_real_ip,
    x_request_id,
    x_request_timeout,
    x_rewrite_url,
};

inline constexpr std::size_t field_id_count = static_cast<std::size_t>(field_id::x_rewrite_url) + 1;

/// The usual spelling ("Content-Length"); empty for `other`.
[[nodiscard]] std::string_view to_string(field_id id) noexcept;

/// Case-insensitive; `other` for an unknown name, and for one that is no token.
[[nodiscard]] field_id find_field_id(std::string_view name) noexcept;

/// One header field. The views point into the buffer the parser was given.
struct field {
    std::string_view name;   ///< a token, in the peer's spelling
    std::string_view value;  ///< without white space around it; no control byte but HTAB
    field_id id = field_id::other;
    /// For this connection only: must not be forwarded. The connection fields of RFC 9110, 7.6.1,
    /// and what Connection names, unless it is one of field_id: `Connection: authorization` must
    /// not strip what a backend relies on. Content-Length is not marked: it is for the forwarder
    /// to keep with the body, or to replace.
    bool hop_by_hop = false;
    bool has_underscore = false;  ///< the name contains `_`: CGI-like backends take it for `-`
};

/// A set of known field names.
class field_set {
  public:
    constexpr void insert(field_id id) noexcept { bits_ |= bit(id); }

    [[nodiscard]] constexpr bool contains(field_id id) const noexcept {
        return (bits_ & bit(id)) != 0;
    }

  private:
    static_assert(field_id_count <= 64);

    static constexpr std::uint64_t bit(field_id id) noexcept {
        return std::uint64_t{1} << static_cast<unsigned>(id);
    }

    std::uint64_t bits_ = 0;
};

/// The header section of a message, as it came.
struct field_list {
    std::span<const field> all;
    field_set present;  ///< the known names among them

    /// The first field of that name; nullptr when there is none. Not for `other`.
    [[nodiscard]] const field* find(field_id id) const noexcept;

    /// Its value, empty when there is none.
    [[nodiscard]] std::string_view value(field_id id) const noexcept;

    [[nodiscard]] const field* begin() const noexcept { return all.data(); }

    [[nodiscard]] const field* end() const noexcept { return all.data() + all.size(); }
};

/// ASCII only, as HTTP's own names are.
[[nodiscard]] bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept;

/// 1*tchar (RFC 9110, 5.6.2): what methods, field names and options are made of.
[[nodiscard]] bool is_token(std::string_view text) noexcept;

/// What a field value may hold: HTAB, SP, visible ASCII and bytes from 0x80. No CR, LF, NUL.
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;

/// Takes the next element off a comma-separated list, without white space around it; empty
/// elements are passed over; empty when the list is at its end. Knows no quoted strings.
[[nodiscard]] std::string_view next_element(std::string_view& list) noexcept;

/// Whether a comma-separated list holds `token`, case-insensitively.
[[nodiscard]] bool has_element(std::string_view list, std::string_view token) noexcept;

}  // namespace curfew::http1
