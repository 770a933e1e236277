#pragma once

#include <curfew/clients/pg/cancellation.hpp>
#include <curfew/clients/pg/session.hpp>
#include <curfew/core/deadline.hpp>

namespace curfew::pg {

/// Drives what was begun to its end on this thread: poll(2) on its one socket, nothing else wakes
/// it. A failure is the session's `why()`; if `until` passes first, it is `own_timeout` and what
/// was begun goes on: the caller closes it, or cancels and drives it once more. `until` must be
/// reachable: no wait is without a bound.
[[nodiscard]] answer<> drive(session& what, deadline until, const clock& time);
[[nodiscard]] answer<> drive(cancellation& what, deadline until, const clock& time);

/// Waits until `socket` is ready for what a step told, or `until` has passed (false). For `more` it
/// looks at the clock only.
[[nodiscard]] bool wait_for(int socket, progress told, deadline until, const clock& time) noexcept;

}  // namespace curfew::pg
