#pragma once

#include "catalogue.hpp"
#include "dependency.hpp"
#include "http.hpp"

namespace shop {

/// What the shop answers; recommendations wait for `engine`, listings come from `goods`.
[[nodiscard]] response answer(const request& asked, dependency& engine, catalogue& goods);

}  // namespace shop
