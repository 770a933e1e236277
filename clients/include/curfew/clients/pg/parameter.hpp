#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace curfew::pg {

/// A value for `$1`, `$2`, ... It is sent as text beside the statement, never inside it, and the
/// server gives it the type that the place asks for. A byte of zero in it is refused when sent.
class parameter {
  public:
    // NOLINTBEGIN(google-explicit-constructor): a list of values is written as values
    parameter(std::nullptr_t) noexcept {}

    parameter(std::string_view text) : text_{std::string{text}} {}

    parameter(std::string text) : text_{std::move(text)} {}

    parameter(const char* text) : text_{text} {}

    parameter(bool flag) : text_{flag ? "true" : "false"} {}

    template <std::integral Number>
        requires(!std::same_as<Number, bool> && sizeof(Number) > 1)
    parameter(Number number) : text_{std::to_string(number)} {}

    parameter(double number);

    // NOLINTEND(google-explicit-constructor)

    /// Null where there is none.
    [[nodiscard]] const char* text() const noexcept { return text_ ? text_->c_str() : nullptr; }

    [[nodiscard]] std::size_t size() const noexcept { return text_ ? text_->size() : 0; }

    [[nodiscard]] bool holds_zero_byte() const noexcept {
        return text_ && text_->find('\0') != std::string::npos;
    }

  private:
    std::optional<std::string> text_;
};

}  // namespace curfew::pg
