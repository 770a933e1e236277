#include "safe_text.hpp"

#include <curfew/core/utf8.hpp>

namespace curfew::policy {

namespace {

constexpr std::uint32_t not_a_character = 0xfffd;

bool is_harmless(std::uint32_t code) {
    const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    const bool turns = (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
                       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
    return !control && !turns && code != not_a_character;
}

}  // namespace

decoded decode_utf8(std::string_view text) noexcept {
    const auto length = utf8_sequence(text);
    if (length == 0) return {not_a_character, 1};
    const auto lead = static_cast<unsigned char>(text[0]);
    if (length == 1) return {lead, 1};
    std::uint32_t code = lead & (0x7fu >> length);
    for (const char next : text.substr(1, length - 1))
        code = (code << 6) | (static_cast<unsigned char>(next) & 0x3fu);
    return {code, length};
}

shown_text safe_text(std::string_view text, std::size_t from, std::size_t width) {
    shown_text shown;
    for (std::size_t at = 0; !text.empty() && at < from + width; ++at) {
        const auto [code, bytes] = decode_utf8(text);
        if (at >= from) {
            ++shown.characters;
            if (is_harmless(code)) {
                shown.text += text.substr(0, bytes);
            } else {
                shown.text += code == '\t' ? ' ' : '?';
            }
        }
        text.remove_prefix(bytes);
    }
    return shown;
}

}  // namespace curfew::policy
