#include <curfew/core/memory_guard.hpp>

namespace curfew {

memory_guard::action memory_guard::step(std::optional<double> in_use, time_point now) noexcept {
    if (refuses_) {
        const bool over = !in_use || *in_use < limit_ - margin;
        if (!over) return action::nothing;
        refuses_ = false;
        short_since_.reset();
        return action::serve;
    }
    if (!in_use || *in_use < limit_) {
        short_since_.reset();
        return action::nothing;
    }
    if (!short_since_) {
        short_since_ = now;
        if (relieved_ && now - *relieved_ < pause) return action::nothing;
        relieved_ = now;
        return action::relieve;
    }
    refuses_ = now - *short_since_ >= patience;
    return refuses_ ? action::refuse : action::nothing;
}

}  // namespace curfew
