#pragma once

#include "sheet.hpp"

namespace curfew::policy {

/// What CURFEW_* variables say, of keys and of the records of `known`. A variable that begins like
/// a section of the policy and names no key of it is a problem; any other name is none of the
/// policy's business.
[[nodiscard]] sheet read_variables(const sources& from, const policy& known, diagnosis& wrong);

/// What flags say. A flag that names no key is the caller's bug.
[[nodiscard]] sheet read_flags(const sources& from, diagnosis& wrong);

}  // namespace curfew::policy
