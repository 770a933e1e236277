#include <curfew/core/expects.hpp>
#include <curfew/core/pressure_signal.hpp>

#include <algorithm>

namespace curfew {

void pressure_signal::tell(double value, time_point now, deadline expiry) noexcept {
    expects(value >= 0 && value <= 1, "pressure is from 0 to 1");
    (void)step(now);
    told_ = value;
    expiry_ = expiry;
    if (value >= value_) {
        value_ = value;
        lull_.reset();
    } else if (lull_) {
        lull_->highest = std::max(lull_->highest, value);
    } else {
        lull_ = lull{now, value};
    }
    (void)step(now);
}

void pressure_signal::clear() noexcept {
    value_ = 0;
    told_ = 0;
    expiry_ = deadline::unreachable();
    lull_.reset();
}

bool pressure_signal::step(time_point now) noexcept {
    const double before = value_;
    if (expiry_.expired(now)) {
        clear();
    } else if (lull_ && now >= add_saturated(lull_->since, hold_)) {
        value_ = lull_->highest;
        lull_.reset();
        if (told_ < value_) lull_ = lull{now, told_};
    }
    return value_ != before;
}

deadline pressure_signal::next_step() const noexcept {
    return lull_ ? earliest(expiry_, deadline{add_saturated(lull_->since, hold_)}) : expiry_;
}

}  // namespace curfew
