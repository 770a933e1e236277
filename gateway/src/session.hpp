#pragma once

#include "worker_state.hpp"
#include <curfew/core/cause.hpp>
#include <curfew/gateway/forwarding.hpp>
#include <curfew/gateway/refusal.hpp>
#include <curfew/http/block.hpp>
#include <curfew/http/input_buffer.hpp>
#include <curfew/protocol/http1_parser.hpp>
#include <curfew/runtime/stream.hpp>

#include <memory>

namespace curfew::gateway {

/// A client's connection, as the exchanges on it see it.
struct client_side {
    client_side(std::unique_ptr<runtime::stream> connection, worker_state& at);

    std::unique_ptr<runtime::stream> stream;
    http::input_buffer input;
    peer from;
    std::shared_ptr<const worker_edition> under{};  ///< of the request being served
    std::uint64_t sent = 0;                         ///< bytes, over all exchanges
    bool keep_alive = true;                  ///< false: the connection ends after this exchange
    bool broken = false;                     ///< a write failed: there is nobody to talk to
    cause broken_by{cause_kind::cancelled};  ///< the limit that cut it off; else it left
};

/// How fast a client has taken what it was sent: what it was waited for, and what it took then.
struct reading_pace {
    duration waited{};
    std::uint64_t bytes = 0;
};

/// Writes under `http.write_idle`, and where a pace is kept under `http.body_rate`. False, `broken`
/// and `broken_by`, when it failed.
[[nodiscard]] runtime::task<bool> send_to_client(
    client_side& to, std::span<iovec> parts, worker_state& at, reading_pace* pace = nullptr
);

/// Renders and sends a refusal.
[[nodiscard]] runtime::task<> send_refusal(client_side& to, refusal what, worker_state& at);

/// Serves one client connection until either side ends it.
[[nodiscard]] runtime::task<> serve_client(
    std::unique_ptr<runtime::stream> connection, worker_state& at
);

}  // namespace curfew::gateway
