#include "toml_text.hpp"

#include <algorithm>

namespace curfew::policy {

namespace {

constexpr std::string_view mark_of_order = "\xef\xbb\xbf";

std::size_t end_of_string(std::string_view text, std::size_t begin) noexcept {
    const char quote = text[begin];
    const char thrice[] = {quote, quote, quote};
    const std::string_view three{thrice, 3};
    const bool many_lines = text.substr(begin).starts_with(three);
    std::size_t at = begin + (many_lines ? 3 : 1);
    while (at < text.size()) {
        if (text[at] == '\\' && quote == '"') {
            at += 2;
        } else if (many_lines && text.substr(at).starts_with(three)) {
            at += 3;
            // Up to two quotes may stand before the closing three.
            for (int extra = 0; extra < 2 && at < text.size() && text[at] == quote; ++extra)
                ++at;
            return at;
        } else if (!many_lines && text[at] == quote) {
            return at + 1;
        } else {
            ++at;
        }
    }
    return text.size();
}

bool is_quote(char c) noexcept {
    return c == '"' || c == '\'';
}

}  // namespace

std::size_t offset_of(std::string_view text, position at) noexcept {
    std::size_t offset = text.starts_with(mark_of_order) ? mark_of_order.size() : 0;
    for (std::size_t line = 1; line < at.line && offset < text.size(); ++line) {
        offset = next_line(text, offset);
    }
    for (std::size_t column = 1; column < at.column && offset < text.size(); ++column) {
        ++offset;
        while (offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xc0U) == 0x80U)
            ++offset;
    }
    return offset;
}

std::size_t end_of_value(std::string_view text, std::size_t begin) noexcept {
    if (begin >= text.size()) return text.size();
    if (is_quote(text[begin])) return end_of_string(text, begin);
    if (text[begin] != '[' && text[begin] != '{') {
        return std::min(text.find_first_of(" \t\r\n,]}#", begin), text.size());
    }
    std::size_t open = 0;
    for (std::size_t at = begin; at < text.size();) {
        const char c = text[at];
        if (is_quote(c)) {
            at = end_of_string(text, at);
        } else if (c == '#') {
            at = next_line(text, at);
        } else {
            open += c == '[' || c == '{' ? 1 : 0;
            open -= c == ']' || c == '}' ? 1 : 0;
            ++at;
            if (open == 0) return at;
        }
    }
    return text.size();
}

std::size_t next_line(std::string_view text, std::size_t at) noexcept {
    const auto end = text.find('\n', at);
    return end == text.npos ? text.size() : end + 1;
}

std::size_t begin_of_line(std::string_view text, std::size_t at) noexcept {
    const auto before = at == 0 ? text.npos : text.rfind('\n', at - 1);
    return before == text.npos ? 0 : before + 1;
}

}  // namespace curfew::policy
