#pragma once

#include <curfew/policy/duration_text.hpp>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace curfew::policy {

/// Reads a size: one whole number and one of the units B, KiB, MiB, GiB: "512B", "64KiB". Strict:
/// no sign, no bare number, no fraction, no space; KB and MB are refused because they mean two
/// things.
[[nodiscard]] std::expected<std::uint64_t, text_problem> parse_size(std::string_view text);

/// In the largest unit that divides it, so that parse_size reads the same value back.
[[nodiscard]] std::string format_size(std::uint64_t bytes);

}  // namespace curfew::policy
