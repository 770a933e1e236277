#pragma once

#include <curfew/gateway/gateway.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/task.hpp>

#include <cstdint>
#include <memory>

namespace curfew::gateway {

struct worker_state;

/// One loop thread's part of a gateway: accepts, serves, proxies.
///
///     worker one{shared, loop, network, seed};
///     one.begin(std::move(listener));     ... loop.run() ...
///     auto draining = one.drain(grace);   co_await draining;
///
/// Thread rule: the loop's thread.
class worker {
  public:
    worker(gateway& shared, runtime::loop& on, runtime::network& through, std::uint64_t seed);
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;
    ~worker();

    /// Accepts from now on, at most `server.connections_max` connections at a time.
    void begin(std::unique_ptr<runtime::listener> listening);

    /// Stops accepting and lets what is being served end, for at most `grace`; what is left then is
    /// broken off. Idle connections close at once. Must have ended before the worker is destroyed.
    [[nodiscard]] runtime::task<> drain(duration grace);

    /// Adds this thread's numbers to `into`, whose routes were filled by admission::describe.
    void count(snapshot& into) const;

  private:
    std::unique_ptr<worker_state> state_;
    std::unique_ptr<runtime::listener> listening_;
};

}  // namespace curfew::gateway
