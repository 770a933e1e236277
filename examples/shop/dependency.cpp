#include "dependency.hpp"

#include <thread>

namespace shop {

void dependency::call() {
    std::unique_lock lock{mutex_};
    ++state_.calls;
    if (state_.hanging) {
        ++state_.stuck;
        ++state_.trapped;
        changed_.wait(lock, [&] { return !state_.hanging; });
        --state_.stuck;
    }
    const auto time = std::chrono::milliseconds{20} + state_.slower;
    lock.unlock();
    std::this_thread::sleep_for(time);
}

void dependency::hang(bool on) {
    const std::lock_guard lock{mutex_};
    state_.hanging = on;
    changed_.notify_all();
}

void dependency::slow_down(std::chrono::milliseconds by) {
    const std::lock_guard lock{mutex_};
    state_.slower = by;
}

dependency::state dependency::look() const {
    const std::lock_guard lock{mutex_};
    return state_;
}

}  // namespace shop
