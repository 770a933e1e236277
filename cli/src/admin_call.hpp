#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/http/client.hpp>
#include <curfew/policy/policy.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace curfew::cli {

/// Asks the admin listener of the Curfew that serves by this policy, within `patience`. Errors:
/// those of http::client; connect_refused where nobody serves. Of a POST, `body` is JSON or empty.
[[nodiscard]] result<http::answer> call_admin(
    const policy::server_policy& server,
    http1::method_id method,
    std::string_view target,
    duration patience = std::chrono::seconds{2},
    std::string_view body = {}
);

/// "127.0.0.1:9090", "[::1]:9090".
[[nodiscard]] std::string admin_address(const policy::server_policy& server);

/// Whether an admin listener said it, and not the backend's or any other server.
[[nodiscard]] bool is_from_admin(const http::answer& told) noexcept;

/// Says that nobody could be asked there, and why; the exit code. `hint`: what to do about it.
int complain_about(const policy::server_policy& server, failure why, std::string hint);

/// Says what the listener did not want to do, or that it is none; the exit code.
int complain_about(const policy::server_policy& server, const http::answer& told);

}  // namespace curfew::cli
