#include <curfew/protocol/http1_violation.hpp>

#include <array>
#include <cstddef>

namespace curfew::http1 {

namespace {

struct entry {
    violation rule;
    errc code;
    std::string_view text;
};

using enum violation;

constexpr std::array table{
    entry{none, errc::internal, "nothing is wrong"},
    entry{tls_hello, errc::bad_request, "TLS bytes on a plain-text port"},
    entry{not_http, errc::bad_request, "the bytes are not HTTP"},
    entry{http2_preface, errc::version_not_supported, "HTTP/2 without an upgrade"},
    entry{leading_empty_lines, errc::bad_request, "more than one empty line before the message"},
    entry{start_line, errc::bad_request, "the start line is malformed"},
    entry{method_too_long, errc::method_not_implemented, "the method is too long"},
    entry{connect, errc::method_not_implemented, "CONNECT is not served"},
    entry{target, errc::bad_request, "the request target is invalid"},
    entry{target_too_long, errc::uri_too_long, "the request line is too long"},
    entry{version_malformed, errc::bad_request, "the HTTP version is malformed"},
    entry{version_unsupported, errc::version_not_supported, "the HTTP version is not 1.x"},
    entry{bare_lf, errc::bad_request, "a line ends in LF without CR"},
    entry{bare_cr, errc::bad_request, "a CR without LF"},
    entry{nul, errc::bad_request, "a NUL byte in the head"},
    entry{control_byte, errc::bad_request, "a control byte in the head"},
    entry{obs_fold, errc::bad_request, "a line begins with white space"},
    entry{field_without_colon, errc::bad_request, "a header line without a colon"},
    entry{empty_field_name, errc::bad_request, "a header line without a name"},
    entry{space_before_colon, errc::bad_request, "white space before a header's colon"},
    entry{field_name, errc::bad_request, "an invalid byte in a header's name"},
    entry{head_too_large, errc::header_too_large, "the head is too large"},
    entry{too_many_fields, errc::header_too_large, "too many header fields"},
    entry{too_many_connection_options, errc::header_too_large, "too many Connection options"},
    entry{host_missing, errc::bad_request, "HTTP/1.1 without a Host field"},
    entry{host_repeated, errc::bad_request, "more than one Host field"},
    entry{host_invalid, errc::bad_request, "the host is invalid"},
    entry{expectation, errc::expectation_failed, "an expectation other than 100-continue"},
    entry{length_and_coding, errc::framing, "both Content-Length and Transfer-Encoding"},
    entry{length_invalid, errc::framing, "Content-Length is not 1 to 19 digits"},
    entry{length_repeated, errc::framing, "more than one Content-Length"},
    entry{coding_not_final, errc::framing, "Transfer-Encoding does not end in one `chunked`"},
    entry{coding_unknown, errc::coding_not_implemented, "a transfer coding besides `chunked`"},
    entry{coding_on_http_1_0, errc::framing, "Transfer-Encoding in a HTTP/1.0 message"},
    entry{coding_without_body, errc::framing, "Transfer-Encoding where no body can be"},
    entry{chunk_size, errc::framing, "a chunk's size is malformed"},
    entry{chunk_extension, errc::bad_request, "a control byte in a chunk extension"},
    entry{chunk_extensions_too_large, errc::bad_request, "the chunk extensions are too large"},
    entry{chunk_end, errc::framing, "a chunk is not followed by CRLF"},
    entry{trailer, errc::bad_request, "a trailer field is malformed"},
    entry{trailers_too_large, errc::header_too_large, "the trailer fields are too large"},
    entry{too_many_trailers, errc::header_too_large, "too many trailer fields"},
    entry{body_truncated, errc::framing, "the connection closed before the body's end"},
};

consteval bool is_in_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (static_cast<std::size_t>(table[i].rule) != i) return false;
    }
    return table.size() == static_cast<std::size_t>(body_truncated) + 1;
}

static_assert(is_in_order(), "the table follows the enumeration, one row a rule");

}  // namespace

std::string_view describe(violation rule) noexcept {
    return table[static_cast<std::size_t>(rule)].text;
}

errc request_error(violation rule) noexcept {
    return table[static_cast<std::size_t>(rule)].code;
}

}  // namespace curfew::http1
