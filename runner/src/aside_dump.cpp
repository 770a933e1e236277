#include "aside_dump.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace curfew::runner {

namespace {

struct shared {
    std::mutex lock;
    std::condition_variable done;
    std::optional<process::stack_dump> made;
};

constexpr duration spare = std::chrono::milliseconds{200};

}  // namespace

std::optional<process::stack_dump> dump_aside(
    process::dump_request what, time_point until, const clock& time
) {
    const auto with = std::make_shared<shared>();
    std::thread{[with, what = std::move(what), until] {
        auto made = process::dump_stacks(what, until);
        const std::lock_guard hold{with->lock};
        with->made = std::move(made);
        with->done.notify_one();
    }}.detach();
    std::unique_lock hold{with->lock};
    const auto most = std::max(until - time.now(), duration::zero()) + spare;
    with->done.wait_for(hold, most, [&] { return with->made.has_value(); });
    return std::move(with->made);
}

}  // namespace curfew::runner
