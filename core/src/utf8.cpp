#include <curfew/core/utf8.hpp>

#include <algorithm>

namespace curfew {

namespace {

using byte = unsigned char;

// What the second byte may be narrows for four first bytes (RFC 3629, section 4).
bool second_fits(byte first, byte second) noexcept {
    switch (first) {
        case 0xe0:
            return second >= 0xa0;
        case 0xed:
            return second < 0xa0;
        case 0xf0:
            return second >= 0x90;
        case 0xf4:
            return second < 0x90;
        default:
            return true;
    }
}

std::size_t length_by(byte first) noexcept {
    if (first < 0x80) return 1;
    if (first < 0xc2) return 0;
    if (first < 0xe0) return 2;
    if (first < 0xf0) return 3;
    return first < 0xf5 ? 4 : 0;
}

}  // namespace

std::size_t utf8_sequence(std::string_view text) noexcept {
    if (text.empty()) return 0;
    const auto first = static_cast<byte>(text[0]);
    const std::size_t length = length_by(first);
    if (length > text.size()) return 0;
    if (length < 2) return length;
    const bool continued = std::ranges::all_of(text.substr(1, length - 1), [](char c) {
        return (static_cast<byte>(c) & 0xc0) == 0x80;
    });
    return continued && second_fits(first, static_cast<byte>(text[1])) ? length : 0;
}

}  // namespace curfew
