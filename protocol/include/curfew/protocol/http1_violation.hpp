#pragma once

#include <curfew/core/failure.hpp>

#include <cstdint>
#include <string_view>

namespace curfew::http1 {

/// Which rule of HTTP/1.1 (RFC 9112, RFC 9110) a peer broke. One name a rule, so that a log line
/// says more than "400" does. After any of them the connection must be closed: where the next
/// message begins is no longer known.
enum class violation : std::uint8_t {
    none,
    // the start line
    tls_hello,            ///< a TLS handshake sent to a plain-text port
    not_http,             ///< the first byte begins no HTTP message
    http2_preface,        ///< `PRI * HTTP/2.0`
    leading_empty_lines,  ///< more than one empty line before the message
    start_line,           ///< not `method SP target SP version`, or not a status line
    method_too_long,      ///< over 32 bytes
    connect,              ///< CONNECT: Curfew is no forward proxy
    target,               ///< a byte or a form the request target may not have
    target_too_long,
    version_malformed,    ///< not `HTTP/D.D`
    version_unsupported,  ///< not 1.x
    // lines and fields
    bare_lf,
    bare_cr,
    nul,
    control_byte,
    obs_fold,  ///< a line that begins with white space
    field_without_colon,
    empty_field_name,
    space_before_colon,
    field_name,  ///< a byte that is no token character
    head_too_large,
    too_many_fields,
    too_many_connection_options,
    // what the fields mean
    host_missing,
    host_repeated,
    host_invalid,
    expectation,          ///< an Expect other than 100-continue
    length_and_coding,    ///< Content-Length together with Transfer-Encoding
    length_invalid,       ///< not 1 to 19 decimal digits
    length_repeated,      ///< also when the values agree
    coding_not_final,     ///< Transfer-Encoding does not end in exactly one `chunked`
    coding_unknown,       ///< a coding besides the final `chunked`
    coding_on_http_1_0,   ///< Transfer-Encoding in a HTTP/1.0 message
    coding_without_body,  ///< Transfer-Encoding in a 1xx or 204 response
    // the body
    chunk_size,       ///< not 1 to 16 hexadecimal digits, or not ended by CRLF
    chunk_extension,  ///< a control byte in an extension
    chunk_extensions_too_large,
    chunk_end,  ///< a chunk's data is not followed by CRLF
    trailer,    ///< a malformed trailer field
    trailers_too_large,
    too_many_trailers,
    body_truncated,  ///< the peer closed before the body's announced end
};

/// One short sentence for a log or a problem's `detail`; static, without the peer's bytes.
[[nodiscard]] std::string_view describe(violation rule) noexcept;

/// The code (so the HTTP status) with which a *request* that broke `rule` is refused: errc::framing
/// where its length is in doubt, errc::bad_request where the grammar alone is broken.
/// A response that broke any rule is errc::upstream_protocol.
[[nodiscard]] errc request_error(violation rule) noexcept;

}  // namespace curfew::http1
