#include <curfew/runtime/loop.hpp>

namespace curfew::runtime {

loop::loop(poller& outside) noexcept : poller_{outside}, now_{outside.now()}, timers_{now_} {}

void loop::run() noexcept {
    while (!stopping_.load(std::memory_order_acquire)) {
        turn();
    }
    stopping_.store(false, std::memory_order_relaxed);
}

void loop::turn() noexcept {
    const bool busy =
        !ready_.empty() || !yielded_.empty() || has_posted_.load(std::memory_order_acquire);
    poller_.wait(busy ? deadline{now_} : timers_.next_expiry());
    ready_.splice(yielded_);
    now_ = poller_.now();
    timers_.advance(now_);
    run_posted();
    run_ready();
}

void loop::stop() noexcept {
    stopping_.store(true, std::memory_order_release);
    poller_.wake();
}

void loop::post(posted& work) noexcept {
    {
        const std::lock_guard hold{posted_lock_};
        posted_.push_back(work);
    }
    if (!has_posted_.exchange(true, std::memory_order_acq_rel)) {
        poller_.wake();
    }
}

void loop::withdraw(posted& work) noexcept {
    const std::lock_guard hold{posted_lock_};
    work.unlink();
}

bool loop::idle() const noexcept {
    return ready_.empty() && yielded_.empty() && !has_posted_.load(std::memory_order_acquire) &&
           !timers_.next_expiry().reachable();
}

void loop::run_posted() noexcept {
    if (!has_posted_.exchange(false, std::memory_order_acq_rel)) {
        return;
    }
    intrusive_list<posted, in_posted> work;
    {
        const std::lock_guard hold{posted_lock_};
        work.splice(posted_);
    }
    while (posted* next = work.pop_front()) {
        next->run();
    }
}

void loop::run_ready() noexcept {
    for (int resumed = 0; resumed < resumes_a_turn; ++resumed) {
        waiter* next = ready_.pop_front();
        if (next == nullptr) {
            return;
        }
        reads_ = 0;
        next->coroutine().resume();
    }
}

}  // namespace curfew::runtime
