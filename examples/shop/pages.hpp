#pragma once

#include "dependency.hpp"
#include "http.hpp"

namespace shop {

/// What the shop answers; recommendations wait for `engine`.
[[nodiscard]] response answer(const request& asked, dependency& engine);

}  // namespace shop
