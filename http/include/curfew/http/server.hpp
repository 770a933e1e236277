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
    std::string_view host{};        ///< with its port; empty only on HTTP/1.0
    std::string_view origin{};      ///< the page it comes from, where a browser says so
    std::string_view fetch_site{};  ///< Sec-Fetch-Site, likewise
    std::string_view last_event_id{};
    std::string_view accept{};
};

class body_writer;

/// A body that comes piece by piece, for as long as it likes: a stream of events.
class live_body {
  public:
    virtual ~live_body() = default;

    /// Ends with the body. `under` ends when the client leaves or the server closes; then, and when
    /// a write fails, it returns.
    [[nodiscard]] virtual runtime::task<> send(body_writer& to, runtime::scope& under) = 0;
};

struct response {
    int status = 200;
    std::string_view content_type = "text/plain; charset=utf-8";
    std::string body;
    std::string_view allow{};           ///< of a 405: the methods that are taken
    std::string_view challenge{};       ///< of a 401: WWW-Authenticate
    std::shared_ptr<live_body> live{};  ///< instead of `body`; not asked where HEAD was
};

/// Makes the task that answers; the request's views hold until it has ended.
using handler = std::function<runtime::task<response>(const request&)>;

struct server_limits : head_limits {
    std::size_t body_bytes = 64 * 1024;
    duration write_idle = std::chrono::seconds{30};
    std::string_view name{};  ///< what it calls itself (Server); static storage, empty: nothing
};

/// Where a live body goes: in chunks, or to the end of the connection for a client of HTTP/1.0.
/// Thread rule: the connection's loop.
class body_writer {
  public:
    /// What it is given outlives it.
    body_writer(
        runtime::stream& to, duration write_idle, runtime::scope& under, bool chunked
    ) noexcept
        : to_{to}, write_idle_{write_idle}, under_{under}, chunked_{chunked} {}

    /// Sends it at once; `piece` holds until the task has ended. False: nobody takes it (gone,
    /// slower than `write_idle`, or the scope has ended), and the body is over.
    [[nodiscard]] runtime::task<bool> write(std::string_view piece);

    /// Says that the body is whole.
    [[nodiscard]] runtime::task<bool> finish();

  private:
    [[nodiscard]] runtime::task<bool> put(
        std::string_view before, std::string_view piece, std::string_view after
    );

    runtime::stream& to_;
    duration write_idle_;
    runtime::scope& under_;
    bool chunked_;
    bool failed_ = false;
};

/// Serves one connection of small requests, whole in memory, and of answers that are so or live:
/// the admin listener. Strict as the gateway is: broken framing is answered once and closed.
/// `answer`, `limits` and what it rests `among` outlive the task.
[[nodiscard]] runtime::task<> serve_connection(
    std::unique_ptr<runtime::stream> connection,
    runtime::scope& under,
    const handler& answer,
    const server_limits& limits,
    resting_connections* among = nullptr
);

}  // namespace curfew::http
