#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/sleep.hpp>

namespace curfew::runtime {

sleep_until::alarm::alarm(sleep_until& s) noexcept
    : timer{[](timer& self) noexcept { static_cast<alarm&>(self).of.wake_up(wake::ready); }},
      of{s} {}

bool sleep_until::await_ready() noexcept {
    ended_ = scope_has_ended();
    return ended_ || under().on().now() >= point_;
}

void sleep_until::await_suspend(std::coroutine_handle<> coroutine) noexcept {
    suspend(coroutine, nullptr);
    under().on().timers().arm(alarm_, point_);
}

}  // namespace curfew::runtime
