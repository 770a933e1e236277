#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/scope.hpp>

namespace curfew::runtime {

scope::expiry::expiry(scope& s) noexcept
    : timer{[](timer& self) noexcept {
          scope& expired = static_cast<expiry&>(self).of;
          expired.end(expired.limit_.expired_cause());
      }},
      of{s} {}

scope::scope(loop& on, bound limit) noexcept
    : loop_{on}, parent_{nullptr}, limit_{limit}, timer_{*this} {
    arm();
}

scope::scope(scope& parent, bound limit) noexcept
    : loop_{parent.loop_},
      parent_{&parent},
      limit_{tighter(parent.limit_, limit)},
      why_{parent.why_},
      timer_{*this} {
    parent.children_.push_back(*this);
    if (is_earlier(limit_.at, parent.limit_.at)) {
        arm();
    }
}

scope::~scope() {
    expects(waiters_.empty() && children_.empty(), "a scope is left by all before it ends");
}

void scope::end(const cause& why) noexcept {
    if (why_) {
        return;
    }
    why_ = why;
    loop_.timers().cancel(timer_);
    while (waiter* waiting = waiters_.front()) {
        waiting->wake_up(wake::ended);
    }
    // Children stay linked: they leave by themselves, once their coroutines have run.
    intrusive_list<scope, in_parent> seen;
    while (scope* child = children_.pop_front()) {
        seen.push_back(*child);
        child->end(why);
    }
    children_.splice(seen);
}

void scope::rebound(const bound& limit) noexcept {
    if (why_) {
        return;
    }
    limit_ = parent_ == nullptr ? limit : tighter(parent_->limit_, limit);
    loop_.timers().cancel(timer_);
    if (parent_ == nullptr || is_earlier(limit_.at, parent_->limit_.at)) {
        arm();
    }
}

void scope::arm() noexcept {
    if (why_ || !limit_.at.reachable()) {
        return;
    }
    if (limit_.at.expired(loop_.now())) {
        end(limit_.expired_cause());
        return;
    }
    loop_.timers().arm(timer_, *limit_.at.point());
}

}  // namespace curfew::runtime
