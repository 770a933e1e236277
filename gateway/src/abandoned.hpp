#pragma once

#include "upstream_pool.hpp"
#include "worker_state.hpp"
#include <curfew/gateway/admission.hpp>
#include <curfew/protocol/http1_message.hpp>

namespace curfew::gateway {

/// Whose answer nobody waits for any more.
struct given_up_request {
    route_index route = 0;
    http1::method_id method{};
    trace_context trace{};
    time_point arrival{};
};

/// Stays with work that nobody waits for any more, until the upstream has really ended it: tells
/// the upstream by ending our side of the connection (who heeds disconnects stops now), then reads
/// and drops what comes, until the answer is whole, the connection ends, or `gateway.abandoned_age`
/// is over. One that goes on writing (over 256 KiB, or for over 5 s) heeds nothing but a broken
/// connection, and gets that. Only then is the permit returned, so that a hung worker of the
/// backend keeps its place in the limit. `limit` is the one the request ran under; `answering`:
/// part of the answer had been read before.
[[nodiscard]] runtime::task<> see_out(
    worker_state& at,
    std::shared_ptr<const worker_edition> under,
    upstream_connection connection,
    permit held,
    given_up_request which,
    duration limit,
    bool answering
);

}  // namespace curfew::gateway
