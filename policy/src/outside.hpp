#pragma once

#include "sheet.hpp"

#include <string>
#include <vector>

namespace curfew::policy {

/// What CURFEW_UPSTREAM_NAME_KEY and CURFEW_SINK_NAME_KEY may speak of.
struct record_names {
    std::vector<std::string> upstreams;
    std::vector<std::string> sinks;
};

/// What CURFEW_* variables say. A variable that begins like a section of the policy and names no
/// key of it is a problem; any other name is none of the policy's business.
[[nodiscard]] sheet read_variables(
    const sources& from, const record_names& names, diagnosis& wrong
);

/// What flags say. A flag that names no key is the caller's bug.
[[nodiscard]] sheet read_flags(const sources& from, diagnosis& wrong);

}  // namespace curfew::policy
