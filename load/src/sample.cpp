#include <curfew/load/sample.hpp>

#include <array>

namespace curfew::load {
namespace {

constexpr std::array<std::string_view, error_categories> category_names{
    "none",          "dns",      "connect_refused",    "connect_timeout", "reset",
    "eof",           "tls",      "timeout_first_byte", "timeout_total",   "http_4xx",
    "http_429",      "http_503", "http_504",           "http_5xx",        "protocol",
    "assert_failed", "not_sent", "local_resource",     "unfinished",
};

constexpr std::array<std::string_view, endings> ending_names{
    "success", "refused", "timed_out", "failed", "unfinished"
};

}  // namespace

std::string_view to_string(error_category category) noexcept {
    return category_names[static_cast<std::size_t>(category)];
}

std::string_view to_string(ending how) noexcept {
    return ending_names[static_cast<std::size_t>(how)];
}

ending ending_of(error_category category) noexcept {
    switch (category) {
        case error_category::none:
            return ending::success;
        case error_category::http_429:
        case error_category::http_503:
            return ending::refused;
        case error_category::connect_timeout:
        case error_category::timeout_first_byte:
        case error_category::timeout_total:
        case error_category::http_504:
            return ending::timed_out;
        case error_category::unfinished:
            return ending::unfinished;
        default:
            return ending::failed;
    }
}

}  // namespace curfew::load
