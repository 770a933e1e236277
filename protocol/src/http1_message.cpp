#include <curfew/protocol/http1_message.hpp>

#include <algorithm>
#include <array>

namespace curfew::http1 {

namespace {

constexpr std::array<std::string_view, 10> method_names{
    "",
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "TRACE",
    "CONNECT",
};

struct phrase {
    int status;
    std::string_view text;
};

constexpr std::array phrases{
    phrase{100, "Continue"},
    phrase{101, "Switching Protocols"},
    phrase{102, "Processing"},
    phrase{103, "Early Hints"},
    phrase{200, "OK"},
    phrase{201, "Created"},
    phrase{202, "Accepted"},
    phrase{203, "Non-Authoritative Information"},
    phrase{204, "No Content"},
    phrase{205, "Reset Content"},
    phrase{206, "Partial Content"},
    phrase{300, "Multiple Choices"},
    phrase{301, "Moved Permanently"},
    phrase{302, "Found"},
    phrase{303, "See Other"},
    phrase{304, "Not Modified"},
    phrase{307, "Temporary Redirect"},
    phrase{308, "Permanent Redirect"},
    phrase{400, "Bad Request"},
    phrase{401, "Unauthorized"},
    phrase{402, "Payment Required"},
    phrase{403, "Forbidden"},
    phrase{404, "Not Found"},
    phrase{405, "Method Not Allowed"},
    phrase{406, "Not Acceptable"},
    phrase{407, "Proxy Authentication Required"},
    phrase{408, "Request Timeout"},
    phrase{409, "Conflict"},
    phrase{410, "Gone"},
    phrase{411, "Length Required"},
    phrase{412, "Precondition Failed"},
    phrase{413, "Content Too Large"},
    phrase{414, "URI Too Long"},
    phrase{415, "Unsupported Media Type"},
    phrase{416, "Range Not Satisfiable"},
    phrase{417, "Expectation Failed"},
    phrase{421, "Misdirected Request"},
    phrase{422, "Unprocessable Content"},
    phrase{425, "Too Early"},
    phrase{426, "Upgrade Required"},
    phrase{428, "Precondition Required"},
    phrase{429, "Too Many Requests"},
    phrase{431, "Request Header Fields Too Large"},
    phrase{500, "Internal Server Error"},
    phrase{501, "Not Implemented"},
    phrase{502, "Bad Gateway"},
    phrase{503, "Service Unavailable"},
    phrase{504, "Gateway Timeout"},
    phrase{505, "HTTP Version Not Supported"},
    phrase{507, "Insufficient Storage"},
    phrase{511, "Network Authentication Required"},
};

static_assert(std::ranges::is_sorted(phrases, {}, &phrase::status));

}  // namespace

std::string_view to_string(method_id method) noexcept {
    return method_names[static_cast<std::size_t>(method)];
}

method_id find_method_id(std::string_view name) noexcept {
    const auto found = std::ranges::find(method_names, name);
    return found == method_names.end() ? method_id::other
                                       : static_cast<method_id>(found - method_names.begin());
}

bool is_idempotent(method_id method) noexcept {
    switch (method) {
        case method_id::get:
        case method_id::head:
        case method_id::put:
        case method_id::delete_:
        case method_id::options:
        case method_id::trace:
            return true;
        case method_id::other:
        case method_id::post:
        case method_id::patch:
        case method_id::connect:
            return false;
    }
    return false;
}

std::string_view reason_phrase(int status) noexcept {
    const auto found = std::ranges::lower_bound(phrases, status, {}, &phrase::status);
    return found != phrases.end() && found->status == status ? found->text : std::string_view{};
}

}  // namespace curfew::http1
