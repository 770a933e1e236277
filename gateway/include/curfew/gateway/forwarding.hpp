#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/core/trace_context.hpp>
#include <curfew/policy/values.hpp>
#include <curfew/protocol/http1_message.hpp>
#include <curfew/protocol/http1_writer.hpp>

#include <array>
#include <optional>
#include <span>
#include <string_view>

/// What a gateway changes in a message's head, and nothing else. Pure, and without allocation:
/// heads are written into a buffer of the caller's. Room for the head that came and 1 KiB is enough
/// for a request, unless a trusted X-Forwarded-For is longer (wire_writer::ok() tells).
///
/// Rules, for both directions (RFC 9110 7.6, RFC 9112 6 and 9.6):
///
/// - What belongs to one connection stays there: Connection and what it names, Keep-Alive,
///   Proxy-Connection, TE, Trailer, Transfer-Encoding, Upgrade, Proxy-Authenticate,
///   Proxy-Authorization. Connection cannot remove what others rely on (`Connection: close,
///   x-forwarded-for` is an attack): every field known by name (http1::field_id) is decided here
///   and not by the peer.
/// - Framing is made again from what was parsed; trailers are not relayed, so none are asked for.
/// - Via is written on requests, as RFC 9110 7.6.3 demands, and not on responses, where it is left
///   to us: it would tell clients about us.
namespace curfew::gateway {

/// Who is at the other end of a client's connection. Made once a connection.
class peer {
  public:
    peer(const policy::network::bytes& address, std::span<const policy::network> trusted) noexcept;

    /// "192.0.2.7" or "2001:db8::1"; an IPv4 address mapped into IPv6 is written as IPv4.
    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

    /// One of our own proxies: what it says about the client is believed.
    [[nodiscard]] bool trusted() const noexcept { return trusted_; }

  private:
    std::array<char, 46> text_{};
    std::uint8_t size_ = 0;
    bool trusted_ = false;
};

/// What a request's head does not tell.
struct request_forwarding {
    const peer& from;
    std::string_view scheme = "http";  ///< of the client's connection to us
    std::string_view path{};           ///< the normalised path; empty: as it came
    std::string_view authority{};      ///< Host for a HTTP/1.0 request that had none
    std::optional<duration> left{};    ///< of the deadline; nothing: unreachable
    trace_context trace{};             ///< our span (see continue_trace)
    bool trace_continued = false;      ///< it is a child of the request's own traceparent
    bool keep_alive = true;            ///< false: this connection is for this request alone
};

/// Writes the head to send upstream:
///
/// - The target is sent in origin form (or `*`), with its query.
/// - Host is kept (a target's authority beats the field).
/// - X-Forwarded-For, -Proto, -Host: of a trusted peer continued (For) or kept (Proto, Host), else
///   replaced. What else backends take for a proxy's word passes from trusted peers only:
///   X-Forwarded-* of any other name, Forwarded, X-Real-IP, X-Client-IP, X-Original-URL,
///   X-Rewrite-URL. `Proxy`, a CGI-like backend's HTTP_PROXY, passes from nobody.
/// - X-Curfew-Timeout-Ms is the time left, rounded down, at least 1; the callers' own timeout
///   fields (deadline_fields.hpp), where present, are told the same in their own form.
/// - traceparent is ours; tracestate passes if the trace was continued.
/// - Expect is dropped: whether to continue was answered here.
/// - A name with `_` that would be a known field with `-` is dropped: CGI-like backends take one
///   for the other.
/// - Via is continued with `1.1 curfew`; Max-Forwards of OPTIONS and TRACE is one less.
void forward_request(
    const http1::request_head& head, const request_forwarding& how, http1::wire_writer& out
) noexcept;

/// Max-Forwards, where it counts: of OPTIONS and TRACE. With 0 the request must not be forwarded
/// but answered. Nothing where there is none, or no number of at most 9 digits.
[[nodiscard]] std::optional<std::uint32_t> read_max_forwards(const http1::request_head& head
) noexcept;

/// The trace of a request: a child of its traceparent, or a new one. `continued` tells which.
struct traced {
    trace_context context{};
    bool continued = false;
};

[[nodiscard]] traced continue_trace(const http1::field_list& fields, trace_source& source) noexcept;

/// How the response's body will be sent to the client.
struct response_framing {
    http1::body_framing body;
    bool keep_alive = true;  ///< the client's connection may be used again afterwards
};

/// Length stays length; chunked and until-close become chunked, or until-close for HTTP/1.0.
/// `keep_alive` is whether anything else allows it (the client's wish, draining).
[[nodiscard]] response_framing frame_response(
    const http1::response_head& head, std::uint8_t client_minor_version, bool keep_alive
) noexcept;

/// Writes the head to send to a client of that HTTP/1 minor version. Content-Length passes as it
/// came where no body follows (HEAD, 304), but never on 1xx and 204 (RFC 9110 8.6). `date` becomes
/// the Date of a response that has none; empty: nothing does, as for 1xx.
void forward_response(
    const http1::response_head& head,
    const response_framing& framing,
    std::uint8_t client_minor_version,
    std::string_view date,
    http1::wire_writer& out
) noexcept;

}  // namespace curfew::gateway
