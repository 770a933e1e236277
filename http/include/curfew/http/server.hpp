#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/http/head_reader.hpp>
#include <curfew/protocol/http1_message.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/stream.hpp>
#include <curfew/runtime/task.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace curfew::http {

/// A whole small request.
struct request {
    http1::method_id method{};
    std::string_view path;
    std::string_view query;
    std::string_view authorization;
    std::string_view body;
};

struct response {
    int status = 200;
    std::string_view content_type = "text/plain; charset=utf-8";
    std::string body;
    std::string_view allow{};      ///< of a 405: the methods that are taken
    std::string_view challenge{};  ///< of a 401: WWW-Authenticate
};

/// Makes the task that answers; the request's views hold until it has ended.
using handler = std::function<runtime::task<response>(const request&)>;

struct server_limits : head_limits {
    std::size_t body_bytes = 64 * 1024;
    duration write_idle = std::chrono::seconds{30};
};

/// Serves one connection of small requests, whole in memory: the admin listener, and what else
/// needs no streaming. Strict as the gateway is: broken framing is answered once and closed.
/// `answer`, `limits` and what it rests `among` outlive the task.
[[nodiscard]] runtime::task<> serve_connection(
    std::unique_ptr<runtime::stream> connection,
    runtime::scope& under,
    const handler& answer,
    const server_limits& limits,
    resting_connections* among = nullptr
);

}  // namespace curfew::http
