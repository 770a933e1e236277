#pragma once

#include <curfew/report/trend.hpp>

#include <string>
#include <vector>

namespace curfew::report {

/// `trend::lacking`: asked once its slots are collected and its quantiles chosen.
[[nodiscard]] std::vector<std::string> find_lacks(const trend& of);

}  // namespace curfew::report
