#include "slot.hpp"
#include "value_text.hpp"
#include <curfew/policy/size_text.hpp>

#include <array>
#include <charconv>
#include <cstdio>

namespace curfew::policy {

std::string print_bound(duration value) {
    return format_duration(value);
}

std::string print_bound(std::uint64_t value) {
    return format_size(value);
}

std::string print_bound(std::uint32_t value) {
    return std::to_string(value);
}

std::string print_bound(double value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

namespace {

bool is_plain(char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            (out += '\\') += c;
        } else if (is_plain(c)) {
            out += c;
        } else {
            std::array<char, 8> code{};
            std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned char>(c));
            out += code.data();
        }
    }
    return out += '"';
}

struct printer {
    template <class T>
    std::string operator()(const T* value) const {
        return show(*value);
    }

    std::string operator()(const choice& value) const {
        return quoted(value.names[value.get(value.where)]);
    }

    static std::string show(duration value) { return quoted(format_duration(value)); }

    static std::string show(std::uint64_t value) { return quoted(format_size(value)); }

    static std::string show(std::uint32_t value) { return print_bound(value); }

    static std::string show(double value) { return print_bound(value); }

    static std::string show(bool value) { return value ? "true" : "false"; }

    static std::string show(const std::string& value) { return quoted(value); }

    static std::string show(const auto& value)
        requires requires { format(value); }
    {
        return quoted(format(value));
    }

    template <class T>
    static std::string show(const std::optional<T>& value) {
        return value ? show(*value) : quoted("off");
    }

    template <class T>
    static std::string show(const std::vector<T>& values) {
        std::string text = "[";
        for (const auto& value : values) {
            if (text.size() > 1) text += ", ";
            text += show(value);
        }
        return text += ']';
    }
};

}  // namespace

std::string print(const slot& value) {
    return std::visit(printer{}, value);
}

std::string print_range(const slot& value, const range& allowed) {
    if (const auto* names = std::get_if<choice>(&value)) {
        std::string text;
        for (std::size_t i = 0; i < names->names.size(); ++i) {
            text += i == 0 ? "" : i + 1 == names->names.size() ? " or " : ", ";
            text += names->names[i];
        }
        return text;
    }
    return std::visit(
        []<class T>(const T& limits) -> std::string {
            if constexpr (requires { limits.low; }) {
                return print_bound(limits.low) + " to " + print_bound(limits.high);
            } else {
                return {};
            }
        },
        allowed
    );
}

}  // namespace curfew::policy
