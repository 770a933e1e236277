#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/waiter.hpp>

namespace curfew::runtime {

void waiter::suspend(std::coroutine_handle<> coroutine, waiter** slot) noexcept {
    coroutine_ = coroutine;
    slot_ = slot;
    scope_.waiters_.push_back(*this);
}

void waiter::wake_up(wake reason) noexcept {
    if (!list_node<in_scope>::linked()) {
        return;
    }
    reason_ = reason;
    forget();
    scope_.on().ready_.push_back(*this);
}

bool waiter::scope_has_ended() noexcept {
    return scope_.ended();
}

void waiter::forget() noexcept {
    list_node<in_scope>::unlink();
    if (slot_ != nullptr) {
        *slot_ = nullptr;
        slot_ = nullptr;
    }
}

}  // namespace curfew::runtime
