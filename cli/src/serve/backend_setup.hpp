#pragma once

#include <curfew/policy/policy.hpp>
#include <curfew/process/backend.hpp>

namespace curfew::cli {

/// What the policy says about the backend, as its supervisor takes it.
[[nodiscard]] process::backend_options backend_options_of(const policy::policy& rules);

}  // namespace curfew::cli
