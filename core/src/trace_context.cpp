#include <curfew/core/trace_context.hpp>

namespace curfew {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

void put_hex(char* to, std::uint64_t value, int width) noexcept {
    for (int i = width - 1; i >= 0; --i) {
        to[i] = digits[value & 15];
        value >>= 4;
    }
}

std::optional<std::uint64_t> read_hex(std::string_view text) noexcept {
    std::uint64_t value = 0;
    for (const char c : text) {
        const auto digit = digits.find(c);
        if (digit == std::string_view::npos) {
            return std::nullopt;
        }
        value = value << 4 | digit;
    }
    return value;
}

}  // namespace

std::optional<trace_context> parse_traceparent(std::string_view field) noexcept {
    constexpr std::size_t length = 55;
    if (field.size() < length || field[2] != '-' || field[35] != '-' || field[52] != '-') {
        return std::nullopt;
    }
    const auto version = read_hex(field.substr(0, 2));
    if (!version || *version == 0xff || (*version == 0 && field.size() != length) ||
        (field.size() > length && field[length] != '-')) {
        return std::nullopt;
    }
    const auto high = read_hex(field.substr(3, 16));
    const auto low = read_hex(field.substr(19, 16));
    const auto span = read_hex(field.substr(36, 16));
    const auto flags = read_hex(field.substr(53, 2));
    if (!high || !low || !span || !flags) {
        return std::nullopt;
    }
    const trace_context context{*high, *low, *span, static_cast<std::uint8_t>(*flags)};
    return context.valid() ? std::optional{context} : std::nullopt;
}

traceparent_text format_traceparent(const trace_context& context) noexcept {
    traceparent_text text;
    put_hex(text.data(), 0, 2);
    text[2] = '-';
    put_hex(&text[3], context.trace_high, 16);
    put_hex(&text[19], context.trace_low, 16);
    text[35] = '-';
    put_hex(&text[36], context.span, 16);
    text[52] = '-';
    put_hex(&text[53], context.flags, 2);
    return text;
}

trace_text format_trace(const trace_context& context) noexcept {
    trace_text text;
    put_hex(text.data(), context.trace_high, 16);
    put_hex(&text[16], context.trace_low, 16);
    return text;
}

trace_context trace_source::begin() noexcept {
    constexpr std::uint8_t sampled = 1;
    return {next(), next() | 1, next() | 1, sampled};
}

trace_context trace_source::child(const trace_context& parent) noexcept {
    trace_context context = parent;
    context.span = next() | 1;
    return context;
}

std::uint64_t trace_source::next() noexcept {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

}  // namespace curfew
