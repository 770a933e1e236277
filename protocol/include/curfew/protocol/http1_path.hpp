#pragma once

#include <curfew/protocol/http1_violation.hpp>

#include <expected>
#include <span>
#include <string_view>

namespace curfew::http1 {

/// One path, one spelling, so that what is routed and authorised is what is forwarded.
///
/// Normal is (RFC 3986, 6.2.2): no `.` and `..` segments, also not as `%2e`; no escape of an
/// unreserved character (letters, digits, `-._~`); hexadecimal digits in upper case. Kept as they
/// are: `//`, the escaped slash `%2F` (it is data, no separator), the trailing slash, letter case.

/// Whether normalise_path() would change nothing. Most paths are normal, and this is quick.
[[nodiscard]] bool is_normal_path(std::string_view path) noexcept;

/// Writes the normal form of `path` into `room`, which holds at least path.size() bytes and does
/// not overlap it; the normal form is never longer. Refused as violation::target: a path that does
/// not begin with `/`, a malformed escape, `%00`, and `..` above the root.
[[nodiscard]] std::expected<std::string_view, violation> normalise_path(
    std::string_view path, std::span<char> room
) noexcept;

}  // namespace curfew::http1
