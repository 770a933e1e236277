#include "postgres_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace curfew::ledger {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

void append_number(std::string& to, std::int64_t value) {
    std::array<char, 24> room{};
    to.append(room.data(), std::to_chars(room.data(), room.data() + room.size(), value).ptr);
}

int value_of(char digit) noexcept {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/// How many bytes the character at the beginning has; zero: it is none (RFC 3629).
std::size_t character_size(std::string_view text) noexcept {
    const auto byte = [&](std::size_t at) {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const unsigned first = byte(0);
    const std::size_t size = first < 0x80                    ? 1
                             : first >= 0xc2 && first < 0xe0 ? 2
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xf0 && first < 0xf5 ? 4
                                                             : 0;
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) {
            return 0;
        }
    }
    const unsigned second = byte(1);
    const bool too_long = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool beyond = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
    return first == 0 || too_long || beyond ? 0 : size;
}

}  // namespace

void postgres_array::begin_element() {
    if (text_.size() > 1) {
        text_ += ',';
    }
}

void postgres_array::add(std::int64_t value) {
    begin_element();
    append_number(text_, value);
}

void postgres_array::add_text(std::string_view value) {
    begin_element();
    text_ += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            text_ += '\\';
        }
        text_ += c;
    }
    text_ += '"';
}

void postgres_array::add_bytes(std::string_view value) {
    begin_element();
    text_ += "\"\\";
    append_hex(text_, value);
    text_ += '"';
}

void postgres_copy::begin_column() {
    if (row_begun_) {
        text_ += '\t';
    }
    row_begun_ = true;
}

void postgres_copy::add(std::int64_t value) {
    begin_column();
    append_number(text_, value);
}

void postgres_copy::add_bytes(std::string_view value) {
    begin_column();
    text_ += '\\';
    append_hex(text_, value);
}

void postgres_copy::end_row() {
    text_ += '\n';
    row_begun_ = false;
}

void append_hex(std::string& to, std::string_view bytes) {
    to += "\\x";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        to += {digits[byte >> 4], digits[byte & 15]};
    }
}

bool decode_hex(std::string_view text, std::string& to) {
    to.clear();
    if (!text.starts_with("\\x") || text.size() % 2 != 0) {
        return false;
    }
    text.remove_prefix(2);
    for (; !text.empty(); text.remove_prefix(2)) {
        const int high = value_of(text[0]);
        const int low = value_of(text[1]);
        if (high < 0 || low < 0) {
            return false;
        }
        to += static_cast<char>(high << 4 | low);
    }
    return true;
}

std::string with_numbers(std::string_view sql, std::int64_t a, std::int64_t b) {
    std::string made;
    for (std::size_t at = 0; at < sql.size(); ++at) {
        if (sql[at] == '$' && at + 1 < sql.size()) {
            made += "'" + std::to_string(sql[at + 1] == '1' ? a : b) + "'";
            ++at;
        } else {
            made += sql[at];
        }
    }
    return made;
}

std::int64_t number_at(const pg::rows& of, std::size_t row, std::size_t column) noexcept {
    std::int64_t value = 0;
    if (const auto text = row < of.size() ? of.at(row, column) : std::nullopt) {
        std::from_chars(text->data(), text->data() + text->size(), value);
    }
    return value;
}

std::unexpected<pg::trouble> damaged_ledger() {
    return std::unexpected{
        pg::trouble{errc::ledger_corrupt, {}, 0, std::string{describe(errc::ledger_corrupt).title}}
    };
}

std::string storable(std::string_view text) {
    std::string made;
    made.reserve(text.size());
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        made += size == 0 ? std::string_view{"?"} : text.substr(0, size);
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return made;
}

}  // namespace curfew::ledger
