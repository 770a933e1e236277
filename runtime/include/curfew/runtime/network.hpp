#pragma once

#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/stream.hpp>
#include <curfew/runtime/task.hpp>

#include <memory>

namespace curfew::runtime {

/// Makes streams: the real network of a loop, or the simulated one.
/// Thread rule: the loop's thread.
class network {
  public:
    virtual ~network() = default;

    /// Errors: address_in_use, address_denied, local_resource (detail: errno). `shared` lets
    /// several loops listen on one port (SO_REUSEPORT).
    [[nodiscard]] virtual result<std::unique_ptr<listener>> listen(
        const endpoint& at, bool shared
    ) noexcept = 0;

    /// Begins to connect; `connected()` tells the outcome once the stream is writable.
    /// Errors: local_resource, connect_failed, connect_refused (detail: errno).
    [[nodiscard]] virtual result<std::unique_ptr<stream>> begin_connect(const endpoint& to
    ) noexcept = 0;
};

/// Connects, or gives up when `under` ends: connect_timeout when its own bound did it,
/// inherited_deadline or cancelled otherwise. `to` is copied.
[[nodiscard]] task<result<std::unique_ptr<stream>>> connect(
    network& through, endpoint to, scope& under
);

/// The failure that stands for the end of a scope; `own` names what an own bound means here.
[[nodiscard]] failure ended_failure(const scope& ended, errc own) noexcept;

}  // namespace curfew::runtime
