#pragma once

#include <curfew/clients/pg/target.hpp>
#include <curfew/core/deadline.hpp>

#include <string>
#include <vector>

namespace curfew::pg {

/// Looks up every name of a target (c-ares: /etc/hosts, then the system's servers), within `until`:
/// for each its numeric addresses (ways.hpp).
/// One of several names that does not resolve has none; if no place is left, it is an error.
/// Errors: resolve_failed, resolve_timeout, own_timeout if `until` passed, local_resource.
[[nodiscard]] answer<std::vector<std::vector<std::string>>> look_up(
    const target& where, deadline until, const clock& time
);

}  // namespace curfew::pg
