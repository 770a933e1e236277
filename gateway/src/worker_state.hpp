#pragma once

#include "closing_pace.hpp"
#include "live_work.hpp"
#include "upstream_pool.hpp"
#include <curfew/core/event.hpp>
#include <curfew/core/trace_context.hpp>
#include <curfew/gateway/gateway.hpp>
#include <curfew/gateway/numbers.hpp>
#include <curfew/http/accept.hpp>
#include <curfew/http/date_source.hpp>
#include <curfew/http/head_reader.hpp>
#include <curfew/http/resting.hpp>
#include <curfew/runtime/baton.hpp>
#include <curfew/runtime/bell.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/resolver.hpp>
#include <curfew/runtime/task_group.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace curfew::gateway {

/// An edition as one loop uses it. Requests hold it from their head to their end, work that was
/// given up on likewise.
struct worker_edition {
    std::shared_ptr<const edition> of;
    std::vector<std::shared_ptr<upstream_pool>> pools;  ///< as in the policy

    [[nodiscard]] const policy::policy& rules() const noexcept { return of->rules(); }

    [[nodiscard]] route_table& routes() const noexcept { return of->routes(); }

    [[nodiscard]] upstream_pool& pool_of(route_index route) const noexcept {
        return *pools[of->upstream(route)];
    }
};

/// What one loop thread keeps for its sessions. Everything here belongs to that thread.
struct worker_state {
    worker_state(
        gateway& of,
        runtime::loop& loop,
        runtime::network& network,
        event_sink& told_to,
        std::uint64_t dice
    );
    worker_state(const worker_state&) = delete;
    worker_state& operator=(const worker_state&) = delete;
    ~worker_state();

    /// The numbers at a route's place on this thread; made when it is first used.
    route_numbers& numbers(route_index place);

    /// New requests are served under it from now on. Pools of upstreams that stay as they are go
    /// on.
    void adopt(std::shared_ptr<const edition> next);

    gateway& shared;
    runtime::loop& on;
    runtime::network& through;
    event_sink& events;
    runtime::resolver resolve;
    std::shared_ptr<const worker_edition> current;
    http::head_limits heads;       ///< of the current edition
    runtime::bell letting_go{on};  ///< idle connections are to be let go
    trace_source traces;
    http::date_source date;
    std::vector<std::unique_ptr<route_numbers>> by_place;
    http::accept_numbers accepted;
    http::resting_connections resting{shared.connections, on};
    std::uint64_t bad_requests = 0;
    /// Bytes of request bodies that are received before their admission.
    static constexpr std::size_t bodies_held_max = std::size_t{64} << 20;
    std::size_t bodies_held = 0;
    /// Bytes of answers that were read ahead of their clients.
    static constexpr std::size_t answers_held_max = std::size_t{64} << 20;
    std::size_t answers_held = 0;
    live_works live;      ///< requests in hand
    runtime::baton used;  ///< an exchange has ended: there may be an idle connection to look after

    http::connection_handler serve;

    /// Whether a connection whose answer is sent now may have another request.
    [[nodiscard]] bool keeps_alive() noexcept;

    std::uint64_t seed;
    std::optional<closing_pace> closing;  ///< while it drains

    /// Connections live under `connections`; waiting for a next request under `arrivals` too, which
    /// ends first, when the worker drains; accepting ends before that. Work that was given up on
    /// lives under `abandoned`.
    runtime::scope connections;
    runtime::scope arrivals;
    runtime::scope listening;
    runtime::scope patience;  ///< of a drain
    runtime::scope abandoned;
    runtime::scope housekeeping;
    [[nodiscard]] std::shared_ptr<upstream_pool> pool_for(
        const policy::upstream_policy& rules, const upstream_place& place
    );

    runtime::task_group accepting;
    runtime::task_group sessions;
    runtime::task_group leftovers;
};

/// Whether events carry what only an access log tells.
[[nodiscard]] inline bool keeps_access_log(const worker_state& at) noexcept {
    return at.current->rules().access_log.enabled();
}

}  // namespace curfew::gateway
