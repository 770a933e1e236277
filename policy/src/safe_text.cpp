#include "safe_text.hpp"

namespace curfew::policy {

namespace {

constexpr std::uint32_t not_a_character = 0xfffd;

bool is_harmless(std::uint32_t code) {
    const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    const bool turns = (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
                       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
    return !control && !turns && code != not_a_character;
}

std::size_t length_from(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead < 0xe0) return 2;
    if (lead >= 0xe0 && lead < 0xf0) return 3;
    return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

bool is_overlong_or_beyond(std::uint32_t code, std::size_t length) {
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    return surrogate || code > 0x10ffff || (length == 3 && code < 0x800) ||
           (length == 4 && code < 0x10000);
}

}  // namespace

decoded decode_utf8(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text[0]);
    const auto length = length_from(lead);
    if (length == 1) return {lead, 1};
    if (length == 0 || text.size() < length) return {not_a_character, 1};
    std::uint32_t code = lead & (0x7fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xc0) != 0x80) return {not_a_character, 1};
        code = (code << 6) | (next & 0x3fu);
    }
    if (is_overlong_or_beyond(code, length)) return {not_a_character, 1};
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
