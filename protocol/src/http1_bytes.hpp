#pragma once

#include <curfew/protocol/http1_field.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace curfew::http1::detail {

/// What a byte may be part of. One table, so that each reader costs one load a byte.
enum byte_class : std::uint8_t {
    in_token = 1,   // tchar
    in_value = 2,   // HTAB, SP, visible, obs-text
    in_path = 4,    // visible but # ? and backslash, which WHATWG parsers take for a slash
    in_query = 8,   // visible but #
    in_host = 16,   // unreserved characters
    in_digit = 32,  // decimal
    in_hex = 64,    // hexadecimal, either case
};

consteval std::array<std::uint8_t, 256> make_byte_classes() {
    std::array<std::uint8_t, 256> classes{};
    for (unsigned c = 0; c < 256; ++c) {
        const bool digit = c >= '0' && c <= '9';
        const bool hex = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        const bool alphanumeric = digit || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool visible = c > 0x20 && c < 0x7f;
        const auto symbol = static_cast<char>(c);
        const auto one_of = [&](std::string_view set) {
            return c < 0x80 && set.find(symbol) != std::string_view::npos;
        };
        const auto add = [&](bool member, byte_class which) {
            if (member) classes[c] = static_cast<std::uint8_t>(classes[c] | which);
        };
        add(alphanumeric || one_of("!#$%&'*+-.^_`|~"), in_token);
        add(visible || c == ' ' || c == '\t' || c >= 0x80, in_value);
        add(visible && !one_of("#?\\"), in_path);
        add(visible && c != '#', in_query);
        add(alphanumeric || one_of("-._~"), in_host);
        add(digit, in_digit);
        add(hex, in_hex);
    }
    return classes;
}

inline constexpr auto byte_classes = make_byte_classes();

[[nodiscard]] constexpr std::uint8_t class_of(char byte) noexcept {
    return byte_classes[static_cast<unsigned char>(byte)];
}

[[nodiscard]] constexpr bool is(char byte, std::uint8_t classes) noexcept {
    return (class_of(byte) & classes) != 0;
}

/// The first byte from `from` on that is not of `classes`; the end when all are.
[[nodiscard]] constexpr const char* skip(
    const char* from, const char* end, std::uint8_t classes
) noexcept {
    while (from != end && is(*from, classes))
        ++from;
    return from;
}

[[nodiscard]] constexpr bool all_of(std::string_view text, std::uint8_t classes) noexcept {
    const char* end = text.data() + text.size();
    return skip(text.data(), end, classes) == end;
}

[[nodiscard]] inline std::uint64_t load_eight(const char* from) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
}

/// As skip(), where something outside `classes` is known to follow.
[[nodiscard]] constexpr const char* skip_to_stop(const char* from, std::uint8_t classes) noexcept {
    while (is(*from, classes))
        ++from;
    return from;
}

static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");

/// The first control byte other than HTAB; the end when there is none. Eight bytes at a time: the
/// lowest high bit of `found` belongs to the first byte that is below 0x20 or 0x7f (borrows can
/// only set bits above it).
[[nodiscard]] inline const char* find_control(const char* from, const char* end) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t highs = ones * 0x80;
    while (end - from >= 8) {
        const std::uint64_t eight = load_eight(from);
        const std::uint64_t del = eight ^ (ones * 0x7f);
        const std::uint64_t low = (eight - ones * 0x20) & ~eight;
        const std::uint64_t found = (low | ((del - ones) & ~del)) & highs;
        if (found == 0) {
            from += 8;
            continue;
        }
        from += std::countr_zero(found) / 8;
        if (*from != '\t') return from;
        ++from;
    }
    return skip(from, end, in_value);
}

[[nodiscard]] constexpr unsigned hex_value(char digit) noexcept {
    return digit <= '9' ? static_cast<unsigned>(digit - '0')
                        : static_cast<unsigned>((digit | 0x20) - 'a') + 10;
}

[[nodiscard]] constexpr bool is_blank(char byte) noexcept {
    return byte == ' ' || byte == '\t';
}

[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
    const char* begin = text.data();
    const char* end = begin + text.size();
    while (begin != end && is_blank(*begin))
        ++begin;
    while (begin != end && is_blank(end[-1]))
        --end;
    return {begin, end};
}

/// As find_field_id(), for what is known to be a token.
[[nodiscard]] field_id find_token_id(std::string_view token) noexcept;

/// uri-host [":" port]: a name, an IPv4 address or a bracketed IPv6 address. Stricter than RFC
/// 3986: no escapes and no sub-delimiters, which no host name has.
[[nodiscard]] bool is_authority(std::string_view text) noexcept;

}  // namespace curfew::http1::detail
