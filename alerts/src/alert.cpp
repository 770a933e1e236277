#include <curfew/alerts/alert.hpp>

#include <array>

namespace curfew::alerts {

std::string_view to_string(state which) noexcept {
    constexpr std::array<std::string_view, 5> names{
        "no_data", "inactive", "pending", "firing", "clearing"
    };
    return names[static_cast<std::size_t>(which)];
}

std::string_view to_string(transition which) noexcept {
    constexpr std::array<std::string_view, 8> names{
        "none", "pending", "calmed", "firing", "clearing", "relapsed", "resolved", "repeated"
    };
    return names[static_cast<std::size_t>(which)];
}

transition alert::step(reading now_is, const patience& of, time_point now) noexcept {
    return active() ? step_active(now_is, of, now) : step_idle(now_is, of, now);
}

void alert::enter(state next, time_point now) noexcept {
    if (state_ != next) {
        state_ = next;
        since_ = now;
    }
}

transition alert::fire(time_point now) noexcept {
    enter(state::firing, now);
    told_at_ = now;
    return transition::fired;
}

transition alert::step_idle(reading now_is, const patience& of, time_point now) noexcept {
    const bool was_pending = state_ == state::pending;
    const bool goes_on = was_pending && now_is == reading::held;
    if (now_is != reading::over && !goes_on) {
        const bool unknown = now_is == reading::no_data || now_is == reading::held;
        enter(unknown ? state::no_data : state::inactive, now);
        return was_pending ? transition::calmed : transition::none;
    }
    if (of.before <= duration::zero()) {
        return fire(now);
    }
    if (!was_pending) {
        enter(state::pending, now);
        return transition::pending;
    }
    return now - since_ >= of.before ? fire(now) : transition::none;
}

transition alert::step_active(reading now_is, const patience& of, time_point now) noexcept {
    const bool ends = now_is == reading::clear || now_is == reading::no_data;
    if (ends && state_ == state::firing && of.clear_for > duration::zero()) {
        state_ = state::clearing;
        clear_since_ = now;
        return transition::clearing;
    }
    if (ends && (state_ == state::firing || now - clear_since_ >= of.clear_for)) {
        enter(now_is == reading::no_data ? state::no_data : state::inactive, now);
        return transition::resolved;
    }
    if (!ends && state_ == state::clearing) {
        state_ = state::firing;
        return transition::relapsed;
    }
    if (state_ == state::firing && of.repeat && now - told_at_ >= *of.repeat) {
        told_at_ = now;
        return transition::repeated;
    }
    return transition::none;
}

}  // namespace curfew::alerts
