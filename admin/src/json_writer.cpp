#include <curfew/admin/json_writer.hpp>
#include <curfew/core/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace curfew::admin {

namespace {

void append_ascii(std::string& to, char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
        to += '\\';
        to += c;
    } else if (code < 0x20 || code == 0x7f) {
        to += "\\u00";
        to += digits[code >> 4];
        to += digits[code & 15];
    } else {
        to += c;
    }
}

}  // namespace

void json_writer::key(std::string_view name) {
    separate();
    quote(name);
    text_ += ':';
    keyed_ = true;
}

void json_writer::value(std::string_view text) {
    separate();
    quote(text);
}

void json_writer::value(double number) {
    if (!std::isfinite(number)) {
        literal("null");
        return;
    }
    char digits[48];
    const double size = std::abs(number);
    const bool plain = size == 0 || (size >= 1e-9 && size < 1e15);
    const auto format = plain ? std::chars_format::fixed : std::chars_format::general;
    const auto end = std::to_chars(digits, digits + sizeof digits, number, format).ptr;
    literal({digits, end});
}

void json_writer::separate() {
    if (!first_ && !keyed_) {
        text_ += ',';
    }
    first_ = false;
    keyed_ = false;
}

void json_writer::literal(std::string_view text) {
    separate();
    text_ += text;
}

void json_writer::quote(std::string_view text) {
    text_ += '"';
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        if (length == 0) {
            text_ += "\\ufffd";
        } else if (length == 1) {
            append_ascii(text_, text.front());
        } else {
            text_ += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    text_ += '"';
}

void json_writer::open(char bracket) {
    separate();
    text_ += bracket;
    first_ = true;
}

void json_writer::close(char bracket) {
    text_ += bracket;
    first_ = false;
}

}  // namespace curfew::admin
