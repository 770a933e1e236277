#pragma once

#include <curfew/core/account.hpp>
#include <curfew/core/cause.hpp>
#include <curfew/core/failure.hpp>
#include <curfew/core/trace_context.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace curfew {

/// Which part of Curfew an operation belongs to.
enum class surface : std::uint8_t {
    http,
    websocket,
    database,
    cache,
    bus,
    agent,
    command,
    test,
    startup,
    supervisor,
    policy,
};

[[nodiscard]] std::string_view to_string(surface where) noexcept;

/// What an access log tells of a request beyond its event. Never in the ledger or in the log: a
/// path is many names, and says more than a route does.
struct request_facts {
    std::string_view method;      ///< as it came
    std::string_view host;        ///< as it came, port included
    std::string_view path;        ///< normalised, without the query
    std::string_view upstream;    ///< the endpoint it was sent to last, "host:port"; empty: none
    std::uint64_t bytes_in = 0;   ///< of the request: its head, and its body without framing
    std::uint64_t bytes_out = 0;  ///< sent to the client, heads and framing included
};

/// One operation, told once, when it has ended: the taxonomy shared by the ledger, the metrics, the
/// console and the log. Views live as long as the call to `record`. Query strings, bodies, tokens,
/// SQL literals and environments never enter it.
struct event {
    struct attribute {
        std::string_view key;
        std::string_view value;
    };

    surface where = surface::http;
    std::string_view name;  ///< "GET /users/{id}", "restart"
    outcome ended = outcome::success;
    cause why{};
    std::optional<errc> error{};
    time_point started{};
    duration took{};
    duration limit{};  ///< the limit it ran under; zero where there was none
    time_account account{};
    trace_context trace{};
    std::span<const attribute> attributes{};
    const request_facts* request = nullptr;  ///< where an access log is kept; else null
};

/// Takes events. Must be quick and must not block: it is called on the request path.
class event_sink {
  public:
    virtual ~event_sink() = default;
    virtual void record(const event& what) noexcept = 0;
};

}  // namespace curfew
