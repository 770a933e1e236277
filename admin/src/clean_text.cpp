#include "clean_text.hpp"

#include <curfew/core/utf8.hpp>

#include <algorithm>

namespace curfew::admin {

std::string clean_text(std::string_view text) {
    constexpr std::string_view replacement = "\xef\xbf\xbd";
    std::string clean;
    clean.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        const auto first = static_cast<unsigned char>(text.front());
        const bool control = length == 1 && (first < 0x20 || first == 0x7f);
        clean += length == 0 || control ? replacement : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return clean;
}

}  // namespace curfew::admin
