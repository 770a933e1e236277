#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/yield.hpp>

namespace curfew::runtime {

void yield::await_suspend(std::coroutine_handle<> coroutine) noexcept {
    suspend(coroutine, nullptr);
    forget();
    under().on().yielded_.push_back(*this);
}

}  // namespace curfew::runtime
