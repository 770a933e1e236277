#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace curfew::admin {

/// Writes one JSON text (RFC 8259), member by member, in the order of the calls. Strings of any
/// bytes come out as valid UTF-8 (U+FFFD for what is not); a number that JSON lacks is null, and
/// one from 1e-9 to 1e15 is a plain decimal without an exponent.
class json_writer {
  public:
    void begin_object() { open('{'); }

    void end_object() { close('}'); }

    void begin_array() { open('['); }

    void end_array() { close(']'); }

    void key(std::string_view name);

    void value(std::string_view text);

    void value(const char* text) { value(std::string_view{text}); }

    void value(double number);

    void value(std::same_as<bool> auto flag) { literal(flag ? "true" : "false"); }

    void value(std::integral auto number)
        requires(!std::same_as<decltype(number), bool>)
    {
        literal(std::to_string(number));
    }

    template <class T>
    void value(const std::optional<T>& maybe) {
        maybe ? value(*maybe) : literal("null");
    }

    void member(std::string_view name, const auto& content) {
        key(name);
        value(content);
    }

    [[nodiscard]] std::string take() && { return std::move(text_); }

  private:
    void separate();
    void literal(std::string_view text);
    void quote(std::string_view text);
    void open(char bracket);
    void close(char bracket);

    std::string text_;
    bool first_ = true;  ///< nothing stands yet in the innermost bracket
    bool keyed_ = false;
};

}  // namespace curfew::admin
