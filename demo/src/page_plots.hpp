#pragma once

#include "demo_result.hpp"

#include <string>

namespace curfew::demo {

/// The two plots of an operation as figures with captions and keys: what succeeded in each second,
/// and how long its requests waited. A run is told by colour and by dash.
[[nodiscard]] std::string plots_of(const demo_result& of, std::uint32_t operation);

/// A stroke as it looks in the plots, to stand before a name: "curfew", "direct", "refused".
[[nodiscard]] std::string stroke(std::string_view look);

}  // namespace curfew::demo
