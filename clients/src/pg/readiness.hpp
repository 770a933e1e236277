#pragma once

#include <poll.h>

namespace curfew::pg {

/// Whether a step would get anywhere now. What went wrong with a socket is told by trying it.
[[nodiscard]] inline bool is_ready(int socket, short events) noexcept {
    pollfd watched{socket, events, 0};
    return ::poll(&watched, 1, 0) != 0;
}

}  // namespace curfew::pg
