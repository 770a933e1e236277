#pragma once

#include "sheet.hpp"

#include <string>
#include <vector>

namespace curfew::policy {

/// What CURFEW_* variables say. A variable that begins like a section of the policy and names no
/// key of it is a problem; any other name is none of the policy's business. `upstreams` are the
/// names that CURFEW_UPSTREAM_NAME_KEY may speak of.
[[nodiscard]] sheet read_variables(
    const sources& from, const std::vector<std::string>& upstreams, diagnosis& wrong
);

/// What flags say. A flag that names no key is the caller's bug.
[[nodiscard]] sheet read_flags(const sources& from, diagnosis& wrong);

}  // namespace curfew::policy
