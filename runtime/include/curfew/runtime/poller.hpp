#pragma once

#include <curfew/core/deadline.hpp>
#include <curfew/core/failure.hpp>

namespace curfew::runtime {

class readiness;

/// The loop's side of the seam to the outside world: what time it is and what is ready. `epoll` is
/// the real one, `sim::world` the simulated one.
/// Thread rule: the loop's thread, but wake(), which any thread may call.
class poller {
  public:
    virtual ~poller() = default;

    /// The time. The loop reads it once a turn.
    [[nodiscard]] virtual time_point now() noexcept = 0;

    /// Waits until something is ready, `until` has come, or wake() was called; signals the
    /// `readiness` of all that became ready. A point in the past means "look, do not wait".
    virtual void wait(deadline until) noexcept = 0;

    /// Ends a wait() from another thread.
    virtual void wake() noexcept = 0;

    /// Reports edges of `descriptor` to `ready` from now on (pidfds, pipes, sockets).
    /// Errors: local_resource when the kernel has no room.
    [[nodiscard]] virtual result<> watch(int descriptor, readiness& ready) noexcept = 0;

    /// Stops reporting; must come before the descriptor is closed, because a child process between
    /// fork and exec may keep the open file alive.
    virtual void unwatch(int descriptor) noexcept = 0;
};

}  // namespace curfew::runtime
