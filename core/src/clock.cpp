#include <curfew/core/clock.hpp>
#include <curfew/core/expects.hpp>

#include <ctime>

namespace curfew {

namespace {

time_point read(clockid_t id) noexcept {
    timespec at{};
    clock_gettime(id, &at);
    return time_point{std::chrono::seconds{at.tv_sec} + std::chrono::nanoseconds{at.tv_nsec}};
}

}  // namespace

time_point steady_clock::now() const noexcept {
    return read(CLOCK_MONOTONIC);
}

time_point coarse_clock::now() const noexcept {
    return read(CLOCK_MONOTONIC_COARSE);
}

void manual_clock::advance(duration by) noexcept {
    expects(by >= duration::zero(), "time does not run backwards");
    now_ = add_saturated(now_, by);
}

void manual_clock::advance_to(time_point point) noexcept {
    expects(point >= now_, "time does not run backwards");
    now_ = point;
}

}  // namespace curfew
