#include "admission_guards.hpp"
#include <curfew/gateway/admission.hpp>

#include <mutex>

namespace curfew::gateway {

using policy::adaptive_mode;

/// A probe is the breaker's to judge, and its verdict is worth the policy's own limit.
void permit::begin_adaptive(time_point now) noexcept {
    if (adaptive_.is_open()) {
        const std::scoped_lock lock{owner_->lock_};
        end_adaptive(outcome::ignored, cause_kind::completed, now);
    }
    if (route_->adapts.load(std::memory_order_acquire) == adaptive_mode::off || probe()) return;
    adaptive_ = route_->adaptive->begin(now);
}

std::optional<time_point> permit::overruns_at() const noexcept {
    const bool is_asked = held() && adaptive_.is_open() && !adaptive_.is_cut();
    if (!is_asked || adaptive_.limit() == duration::max()) return std::nullopt;
    return add_saturated(sent_ + waited_, adaptive_.limit());
}

std::optional<duration> permit::overrun(time_point now) noexcept {
    const std::scoped_lock lock{owner_->lock_};
    owner_->seen(now);
    const duration limit = adaptive_.limit();
    if (!route_->adaptive->reaches_limit(adaptive_, now)) return std::nullopt;
    cut_ = route_->adapts.load(std::memory_order_relaxed) == adaptive_mode::on &&
           !owner_->config_.observe;
    return cut_ ? std::optional{limit} : std::nullopt;
}

/// Needs the admission's lock.
void permit::end_adaptive(outcome result, cause_kind why, time_point now) noexcept {
    if (adaptive_.is_open()) route_->adaptive->end(adaptive_, result, why, in_upstream(now), now);
}

}  // namespace curfew::gateway
