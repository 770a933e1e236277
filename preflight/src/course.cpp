#include <curfew/preflight/course.hpp>

#include <algorithm>

namespace curfew::preflight {

namespace {

constexpr duration longest_pause = std::chrono::seconds{5};

}  // namespace

bool may_pass(failure_kind kind) noexcept {
    return kind != failure_kind::auth && kind != failure_kind::config &&
           kind != failure_kind::schema && kind != failure_kind::disk;
}

bool is_passed_over(failure_kind kind, const bypass_rules& rules) noexcept {
    return rules.allowed && std::ranges::find(rules.kinds, kind) != rules.kinds.end();
}

std::optional<time_point> course::failed(failure_kind kind, bool decided, time_point now) {
    const bool stands = told_ || decided || !may_pass(kind) ||
                        (is_passed_over(kind, rules_) && attempts_ >= attempts_before_passed_over);
    if (stands) return std::nullopt;
    const duration pause = pause_ / 2 + pause_ * (random_() % 1024) / 2048;
    pause_ = std::min(pause_ * 2, longest_pause);
    const time_point next = add_saturated(now, pause);
    return next < end_ ? std::optional{next} : std::nullopt;
}

}  // namespace curfew::preflight
