#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/http/client.hpp>
#include <curfew/policy/policy.hpp>

#include <string_view>

namespace curfew::cli {

/// Asks the admin listener of the Curfew that serves by this policy, within two seconds. Errors:
/// those of http::client; connect_refused where nobody serves.
[[nodiscard]] result<http::answer> call_admin(
    const policy::server_policy& server, http1::method_id method, std::string_view target
);

}  // namespace curfew::cli
