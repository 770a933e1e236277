#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace curfew::policy {

/// Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`: the optimal string
/// alignment distance. Looks at the first 64 characters of each.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate a person most likely meant: the nearest one, if it is within a third of the word's
/// length (at least one edit). Of equally near ones the first.
[[nodiscard]] std::optional<std::string_view> closest(
    std::string_view word, std::span<const std::string_view> candidates
);

}  // namespace curfew::policy
