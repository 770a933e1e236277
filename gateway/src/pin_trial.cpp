#include <curfew/gateway/pin_trial.hpp>

#include <algorithm>

namespace curfew::gateway {

bool pin_trial::begin(time_point now) noexcept {
    if (now < next_) return false;
    next_ = add_saturated(now, patience_);
    return true;
}

void pin_trial::end(std::optional<duration> answered_after, time_point now) noexcept {
    if (!answered_after || *answered_after > at_once()) return speaks_against();
    patience_ = first_patience;
    for_it_ = std::min(for_it_ + 1, proofs);
    if (for_it_ < proofs) return;
    pins_until_ = add_saturated(now, proof_holds);
    for_it_ = proofs - 1;
}

void pin_trial::answered(duration took) noexcept {
    if (took >= first_patience && for_it_ > 0) speaks_against();
}

void pin_trial::speaks_against() noexcept {
    for_it_ = 0;
    patience_ = std::min(patience_ * 2, longest_patience);
}

}  // namespace curfew::gateway
