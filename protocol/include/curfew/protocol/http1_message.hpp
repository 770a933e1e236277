#pragma once

#include <curfew/protocol/http1_field.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace curfew::http1 {

enum class method_id : std::uint8_t {
    other,  ///< an extension method; methods are case-sensitive, so `get` is one
    get,
    head,
    post,
    put,
    delete_,
    options,
    patch,
    trace,
    connect,
};

/// "GET"; empty for `other`.
[[nodiscard]] std::string_view to_string(method_id method) noexcept;
[[nodiscard]] method_id find_method_id(std::string_view name) noexcept;

/// GET, HEAD, PUT, DELETE, OPTIONS, TRACE (RFC 9110, 9.2.2): may be sent again after a failure.
[[nodiscard]] bool is_idempotent(method_id method) noexcept;

/// The phrase of RFC 9110 for a status; empty for one it does not name.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

/// What one head may cost. A head of exactly that size is accepted.
struct limits {
    std::size_t head_bytes = 32 * 1024;   ///< start line, fields and the empty line: else 431
    std::size_t field_count = 100;        ///< else 431; the storage given may bound it further
    std::size_t target_bytes = 8 * 1024;  ///< else 414; request line <= this + 44
};

enum class body_kind : std::uint8_t {
    none,         ///< no body can follow
    length,       ///< exactly `length` bytes, possibly 0
    chunked,      ///< until the last chunk
    until_close,  ///< responses only
};

/// Where a message's body ends (RFC 9112, 6.3).
struct body_framing {
    body_kind kind = body_kind::none;
    std::uint64_t length = 0;  ///< of `length` only; below 10^19, so above 2^63 is possible

    [[nodiscard]] constexpr bool empty() const noexcept {
        return kind == body_kind::none || (kind == body_kind::length && length == 0);
    }

    friend constexpr bool operator==(body_framing, body_framing) noexcept = default;
};

enum class target_form : std::uint8_t {
    origin,    ///< /path?query
    absolute,  ///< http://authority/path?query
    asterisk,  ///< * (OPTIONS only)
};

/// A whole, valid request head. All views point into the buffer the parser was given.
struct request_head {
    method_id method = method_id::other;
    target_form form = target_form::origin;
    std::uint8_t minor_version = 1;
    bool keep_alive = false;       ///< the client wishes for it and the version allows it
    bool expect_continue = false;  ///< the client waits for `100 Continue` before its body
    bool upgrade =
        false;  ///< `Connection: upgrade` and an Upgrade field, on 1.1; h2c alone is none
    bool has_query = false;  ///< a `?` was there, though perhaps nothing after it
    body_framing body;
    std::string_view method_name;
    std::string_view target;  ///< as it came: visible ASCII, no `#`
    std::string_view path;    ///< not yet normalised (http1_path.hpp); "/" when left out, or "*"
    std::string_view query;   ///< without the `?`
    /// Whom the request is for, port included: the target's authority when it has one, else the
    /// Host field's value; empty only on 1.0. Forward this one and no other (RFC 9112, 3.2.2).
    std::string_view host;
    field_list fields;
};

/// A whole, valid response head.
struct response_head {
    int status = 0;  ///< 100 to 999
    std::uint8_t minor_version = 1;
    bool keep_alive = false;  ///< the connection may serve another request after the body
    bool tunnel = false;      ///< 101, or 2xx to CONNECT: after the head no HTTP follows
    body_framing body;
    std::string_view reason;  ///< possibly empty
    field_list fields;

    /// 1xx but 101: the final response is still to come.
    [[nodiscard]] constexpr bool interim() const noexcept { return status < 200 && !tunnel; }
};

}  // namespace curfew::http1
