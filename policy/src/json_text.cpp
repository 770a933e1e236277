#include "safe_text.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/policy/json_text.hpp>

#include <array>
#include <charconv>
#include <cstdio>

namespace curfew::policy {

namespace {

void append_quoted(std::string& to, std::string_view text) {
    to += '"';
    while (!text.empty()) {
        const auto [code, bytes] = decode_utf8(text);
        if (code == '"' || code == '\\') {
            (to += '\\') += static_cast<char>(code);
        } else if (code < 0x20 || code == 0x7f) {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(code));
            to += escape.data();
        } else if (code == 0xfffd) {
            to += "\\ufffd";
        } else {
            to += text.substr(0, bytes);
        }
        text.remove_prefix(bytes);
    }
    to += '"';
}

}  // namespace

void json_text::line() {
    (text_ += '\n').append(2 * open_.size(), ' ');
}

void json_text::place() {
    if (after_key_) {
        after_key_ = false;
    } else if (!open_.empty()) {
        if (!open_.back().empty) text_ += ',';
        open_.back().empty = false;
        line();
    }
}

json_text& json_text::raw(std::string_view text) {
    place();
    text_ += text;
    return *this;
}

json_text& json_text::object() {
    raw("{");
    open_.push_back({'}'});
    return *this;
}

json_text& json_text::array() {
    raw("[");
    open_.push_back({']'});
    return *this;
}

json_text& json_text::end() {
    expects(!open_.empty(), "something is open in the JSON document");
    const auto [close, empty] = open_.back();
    open_.pop_back();
    if (!empty) line();
    text_ += close;
    return *this;
}

json_text& json_text::key(std::string_view name) {
    place();
    append_quoted(text_, name);
    text_ += ": ";
    after_key_ = true;
    return *this;
}

json_text& json_text::value(std::string_view text) {
    place();
    append_quoted(text_, text);
    return *this;
}

json_text& json_text::value(std::uint64_t number) {
    return raw(std::to_string(number));
}

json_text& json_text::value(double number) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    return raw({text.data(), end});
}

json_text& json_text::value(bool flag) {
    return raw(flag ? "true" : "false");
}

json_text& json_text::null() {
    return raw("null");
}

std::string json_text::take() {
    expects(open_.empty(), "everything in the JSON document is ended");
    return std::move(text_) + '\n';
}

}  // namespace curfew::policy
