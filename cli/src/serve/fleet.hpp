#pragma once

#include <curfew/core/event.hpp>
#include <curfew/gateway/gateway.hpp>
#include <curfew/gateway/ticker.hpp>
#include <curfew/gateway/worker.hpp>
#include <curfew/runtime/bell.hpp>
#include <curfew/runtime/endpoint.hpp>
#include <curfew/runtime/loop.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace curfew::cli {

namespace detail {
struct tour;
}

/// The workers of one gateway, each on a thread with a loop of its own. All of them listen on one
/// port (SO_REUSEPORT when there are several). They run until the fleet is destroyed; drained ones
/// still tell their numbers.
/// Thread rule: the control loop's thread.
class fleet {
  public:
    /// `sink`, called once a worker, gives each where it tells its requests; what it gives outlives
    /// the fleet.
    fleet(gateway::gateway& shared, runtime::loop& control, std::function<event_sink&()> sink);
    fleet(const fleet&) = delete;
    fleet& operator=(const fleet&) = delete;

    /// Ends the workers and waits for their threads; what they still serve is broken off.
    ~fleet();

    /// Listens and begins to serve. The answer is the address that was bound. After an error those
    /// that have begun go on until the drain. local_resource with EAGAIN or ENOMEM: there is no
    /// thread or no memory for another worker.
    [[nodiscard]] result<runtime::endpoint> begin(const runtime::endpoint& at);

    /// The gateway now: guards, and the numbers of all workers. Nothing when one of them does not
    /// answer within a second: counters that leave one out would fall. With `live` nearest
    /// deadlines of what runs now, from all workers.
    [[nodiscard]] runtime::task<std::optional<gateway::snapshot>> describe(
        runtime::scope& under, std::size_t live = 0
    );

    /// Every worker serves new requests under `next` from now on. True once all do; false when one
    /// of them has not come to it within a second: it will, unless it has no memory for it, and
    /// goes on as before meanwhile.
    [[nodiscard]] runtime::task<bool> adopt(
        std::shared_ptr<const gateway::edition> next, runtime::scope& under
    );

    /// How long it takes to be heard by every worker, one after the other, and to come home; at
    /// most a second.
    [[nodiscard]] runtime::task<duration> lag(runtime::scope& under);

    /// Every worker gives the memory that it keeps to be quick (buffers, frames) back to the heap;
    /// how many bytes those were.
    [[nodiscard]] runtime::task<std::size_t> drop_caches(runtime::scope& under);

    /// Lets every worker end what it serves, for at most `grace`, and waits until all have.
    [[nodiscard]] runtime::task<> drain(duration grace);

    /// Ends the grace of the drain now: what is left is broken off.
    void hurry() noexcept;

  private:
    class crew;

    [[nodiscard]] runtime::task<bool> send_round(
        std::shared_ptr<detail::tour> made, runtime::scope& under, std::string_view limit_name
    );
    [[nodiscard]] std::uint64_t next_seed() noexcept;

    gateway::gateway& shared_;
    runtime::loop& control_;
    std::function<event_sink&()> sink_;
    gateway::ticker ticker_;
    std::uint64_t seed_;
    runtime::bell drained_;
    std::atomic<std::size_t> drained_count_ = 0;
    std::vector<std::unique_ptr<crew>> crews_;
};

}  // namespace curfew::cli
