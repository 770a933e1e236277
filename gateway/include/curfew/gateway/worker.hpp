#pragma once

#include <curfew/core/event.hpp>
#include <curfew/gateway/gateway.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/task.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace curfew::gateway {

struct worker_state;

/// One loop thread's part of a gateway: accepts, serves, proxies.
///
///     worker one{shared, loop, network, events, seed};
///     one.begin(std::move(listener));     ... loop.run() ...
///     auto draining = one.drain(grace);   co_await draining;
///
/// Thread rule: the loop's thread.
class worker {
  public:
    /// `events` hears of every request on the loop's thread, and outlives the worker.
    worker(
        gateway& shared,
        runtime::loop& on,
        runtime::network& through,
        event_sink& events,
        std::uint64_t seed
    );
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;
    ~worker();

    /// Accepts from now on, under the cap that all workers share.
    void begin(std::unique_ptr<runtime::listener> listening);

    /// Serves new requests under it from now on; those in flight end under the edition they began
    /// with, and connections go on.
    void adopt(std::shared_ptr<const edition> next);

    /// Stops accepting, serves what has been accepted or queued by then, and lets it end, for at
    /// most `grace`; what is left then is broken off. Connections at rest are let go and answers
    /// say `Connection: close` at a pace (closing_pace.hpp), a few at once. Must have ended before
    /// the worker is destroyed.
    [[nodiscard]] runtime::task<> drain(duration grace);

    /// The grace of a drain is over now, and of one that comes later too.
    void hurry() noexcept;

    /// The histograms of a route on this thread. Any thread may read them while the worker lives.
    struct times_of_route {
        std::size_t route = 0;
        const route_numbers* kept = nullptr;
    };

    /// Adds this thread's numbers to `into`, whose routes were filled by admission::describe; but
    /// of the histograms, which are long, it only says in `times` where they are, so that whoever
    /// asks adds them up on its own thread. Looks at every request in hand where `into.live` has
    /// room for one.
    void count(snapshot& into, std::vector<times_of_route>& times) const;

    /// Bytes of request bodies that are being received before their admission.
    [[nodiscard]] std::size_t bodies_held() const noexcept;

    /// Bytes of answers that were read ahead of their clients.
    [[nodiscard]] std::size_t answers_held() const noexcept;

  private:
    std::unique_ptr<worker_state> state_;
    std::unique_ptr<runtime::listener> listening_;
};

}  // namespace curfew::gateway
