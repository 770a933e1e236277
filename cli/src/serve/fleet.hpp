#pragma once

#include <curfew/gateway/gateway.hpp>
#include <curfew/gateway/worker.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/loop.hpp>

#include <memory>
#include <vector>

namespace curfew::cli {

/// The workers of one gateway: the first on the main loop, each further one on a thread with a loop
/// of its own. All of them listen on one port (SO_REUSEPORT when there are several).
/// Thread rule: the main loop's thread.
class fleet {
  public:
    fleet(gateway::gateway& shared, runtime::loop& main, runtime::network& through);
    fleet(const fleet&) = delete;
    fleet& operator=(const fleet&) = delete;
    ~fleet();

    /// Listens and begins to serve. The answer is the address that was bound.
    [[nodiscard]] result<runtime::endpoint> begin(const runtime::endpoint& at);

    /// The gateway now: guards, and the numbers of all workers. A worker that does not answer
    /// within a second is left out.
    [[nodiscard]] runtime::task<gateway::snapshot> describe(runtime::scope& under);

    /// Lets every worker end what it serves, at most for `grace`.
    [[nodiscard]] runtime::task<> drain(duration grace);

  private:
    class crew;

    [[nodiscard]] std::uint64_t next_seed() noexcept;

    gateway::gateway& shared_;
    runtime::loop& main_;
    runtime::network& through_;
    std::uint64_t seed_;
    gateway::worker first_;
    std::vector<std::unique_ptr<crew>> others_;
};

}  // namespace curfew::cli
