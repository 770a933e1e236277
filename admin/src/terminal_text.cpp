#include <curfew/admin/terminal_text.hpp>
#include <curfew/core/utf8.hpp>

#include <algorithm>
#include <array>

namespace curfew::admin {

namespace {

struct range {
    char32_t first;
    char32_t last;
};

bool is_in(char32_t character, auto ranges) noexcept {
    return std::ranges::any_of(ranges, [&](const range& each) {
        return character >= each.first && character <= each.last;
    });
}

// Unicode 15: what a terminal draws in no cell, and in two. Rough where nobody has names of it.
constexpr std::array combining{
    range{0x300, 0x36f},
    range{0x483, 0x489},
    range{0x591, 0x5bd},
    range{0x610, 0x61a},
    range{0x64b, 0x65f},
    range{0x900, 0x902},
    range{0xe31, 0xe31},
    range{0xe34, 0xe3a},
    range{0x1ab0, 0x1aff},
    range{0x1dc0, 0x1dff},
    range{0x20d0, 0x20ff},
    range{0xfe20, 0xfe2f},
};
constexpr std::array wide{
    range{0x1100, 0x115f},
    range{0x2e80, 0x303e},
    range{0x3041, 0xa4cf},
    range{0xa960, 0xa97f},
    range{0xac00, 0xd7a3},
    range{0xf900, 0xfaff},
    range{0xfe30, 0xfe6f},
    range{0xff00, 0xff60},
    range{0xffe0, 0xffe6},
    range{0x1f300, 0x1f64f},
    range{0x1f680, 0x1f6ff},
    range{0x1f900, 0x1f9ff},
    range{0x20000, 0x3fffd},
};
constexpr std::array harmful{
    range{0x0, 0x1f},
    range{0x7f, 0x9f},
    range{0xad, 0xad},
    range{0x61c, 0x61c},
    range{0x115f, 0x1160},
    range{0x180b, 0x180f},
    range{0x200b, 0x200f},
    range{0x2028, 0x202e},
    range{0x2060, 0x206f},
    range{0x3164, 0x3164},
    range{0xfe00, 0xfe0f},
    range{0xfeff, 0xfeff},
    range{0xffa0, 0xffa0},
    range{0xfff0, 0xfffb},
    range{0xe0000, 0xe0fff},
};

/// Of a valid sequence.
char32_t character_of(std::string_view sequence) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
    if (sequence.size() == 1) {
        return byte(0);
    }
    char32_t made = byte(0) & (0x7fU >> sequence.size());
    for (std::size_t i = 1; i < sequence.size(); ++i) {
        made = made << 6U | (byte(i) & 0x3fU);
    }
    return made;
}

std::size_t length_of_first(std::string_view text) noexcept {
    return std::max<std::size_t>(utf8_sequence(text), 1);
}

}  // namespace

std::size_t cells_of_first(std::string_view text) noexcept {
    const std::size_t length = utf8_sequence(text);
    if (length < 2) {
        return 1;
    }
    const char32_t character = character_of(text.substr(0, length));
    return is_in(character, combining) ? 0 : is_in(character, wide) ? 2 : 1;
}

std::size_t cells(std::string_view text) noexcept {
    std::size_t sum = 0;
    while (!text.empty()) {
        sum += cells_of_first(text);
        text.remove_prefix(length_of_first(text));
    }
    return sum;
}

std::string terminal_text(std::string_view foreign) {
    std::string clean;
    clean.reserve(foreign.size());
    while (!foreign.empty()) {
        const std::size_t length = utf8_sequence(foreign);
        const std::string_view sequence = foreign.substr(0, length);
        if (length == 0 || is_in(character_of(sequence), harmful)) {
            clean += '?';
        } else {
            clean += sequence;
        }
        foreign.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return clean;
}

std::string fit(std::string_view clean, std::size_t width, align to, bool unicode) {
    std::string made;
    if (cells(clean) <= width) {
        const std::string gap(width - cells(clean), ' ');
        return to == align::left ? std::string{clean} + gap : gap + std::string{clean};
    }
    std::size_t used = 0;
    while (used + cells_of_first(clean) < width) {
        const std::size_t length = length_of_first(clean);
        used += cells_of_first(clean);
        made += clean.substr(0, length);
        clean.remove_prefix(length);
    }
    if (used < width) {
        made += unicode ? "\u2026" : "~";
        ++used;
    }
    return made + std::string(width - used, ' ');
}

}  // namespace curfew::admin
