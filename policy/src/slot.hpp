#pragma once

#include "literal.hpp"
#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/policy.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace curfew::policy {

/// An enumeration, seen as its list of names.
struct choice {
    void* where = nullptr;
    std::span<const std::string_view> names;
    std::size_t (*get)(const void*) = nullptr;
    void (*set)(void*, std::size_t) = nullptr;
};

[[nodiscard]] std::span<const std::string_view> names_of(severity) noexcept;
[[nodiscard]] std::span<const std::string_view> names_of(log_shape) noexcept;
[[nodiscard]] std::span<const std::string_view> names_of(balancing) noexcept;
[[nodiscard]] std::span<const std::string_view> names_of(adaptive_mode) noexcept;
[[nodiscard]] std::span<const std::string_view> names_of(urgency) noexcept;
/// Of operations: neither the supervisor nor the policy.
[[nodiscard]] std::span<const std::string_view> names_of(surface) noexcept;
[[nodiscard]] std::span<const std::string_view> names_of(sensor) noexcept;
[[nodiscard]] std::span<const std::string_view> names_of(check_type) noexcept;
[[nodiscard]] std::span<const std::string_view> names_of(timeout_verdict) noexcept;
[[nodiscard]] std::span<const std::string_view> names_of(leak_rule) noexcept;

/// Where a value is kept, and so what type it has.
using slot = std::variant<
    duration*,
    std::optional<duration>*,
    std::uint64_t*,
    std::optional<std::uint64_t>*,
    std::uint32_t*,
    double*,
    std::optional<double>*,
    bool*,
    std::string*,
    address*,
    choice,
    std::vector<std::string>*,
    std::vector<http_url>*,
    std::vector<network>*>;

template <class T>
[[nodiscard]] slot slot_of(T& value) {
    if constexpr (std::is_enum_v<T>) {
        return choice{
            &value,
            names_of(value),
            [](const void* at) { return static_cast<std::size_t>(*static_cast<const T*>(at)); },
            [](void* at, std::size_t index) { *static_cast<T*>(at) = static_cast<T>(index); },
        };
    } else {
        return &value;
    }
}

/// Which texts a string may be. Of stretches the two words are one element also where elements
/// stand between spaces.
enum class text_rule : std::uint8_t { any, path, host, name, method, secret, store, stretch };

template <class T>
struct between {
    T low;
    T high;
};

using range = std::variant<
    std::monostate,
    between<duration>,
    between<std::uint64_t>,
    between<std::uint32_t>,
    between<double>,
    text_rule>;

/// Why a value was not taken.
struct mismatch {
    text_problem why;
    std::optional<literal> culprit{};  ///< the element of a list it is about, if it is about one
};

/// Reads `from` into `to`; a mismatch leaves `to` as it was.
[[nodiscard]] std::optional<mismatch> assign(
    const slot& to, const range& allowed, const literal& from
);

/// As it would be written in the file.
[[nodiscard]] std::string print(const slot& value);

/// Copies between slots of one type.
void copy(const slot& from, const slot& to);

/// "a duration"
[[nodiscard]] std::string_view type_name(const slot& value);
/// "text written \"250ms\", ..." for people
[[nodiscard]] std::string_view how_written(const slot& value);
/// One end of a range, without quotes.
[[nodiscard]] std::string print_bound(duration value);
[[nodiscard]] std::string print_bound(std::uint64_t value);
[[nodiscard]] std::string print_bound(std::uint32_t value);
[[nodiscard]] std::string print_bound(double value);

/// "1ms to 1h"; empty where everything is allowed
[[nodiscard]] std::string print_range(const slot& value, const range& allowed);

}  // namespace curfew::policy
