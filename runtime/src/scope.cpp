#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/scope.hpp>

namespace curfew::runtime {

scope::expiry::expiry(scope& s) noexcept
    : timer{[](timer& self) noexcept {
          scope& expired = static_cast<expiry&>(self).of;
          expired.end(expired.limit().expired_cause());
      }},
      of{s} {}

scope::scope(loop& on, bound limit) noexcept
    : loop_{on}, parent_{nullptr}, own_{limit}, timer_{*this} {
    arm();
}

scope::scope(scope& parent, bound limit) noexcept
    : loop_{parent.loop_}, parent_{&parent}, own_{limit}, why_{parent.why_}, timer_{*this} {
    parent.children_.push_back(*this);
    arm();
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

bound scope::limit() const noexcept {
    bound least = own_;
    for (const scope* above = parent_; above != nullptr; above = above->parent_) {
        least = tighter(above->own_, least);
    }
    return least;
}

void scope::rebound(const bound& limit) noexcept {
    own_ = limit;
    loop_.timers().cancel(timer_);
    arm();
}

void scope::arm() noexcept {
    if (why_ || !own_.at.reachable()) {
        return;
    }
    if (own_.at.expired(loop_.now())) {
        end(limit().expired_cause());
        return;
    }
    loop_.timers().arm(timer_, *own_.at.point());
}

}  // namespace curfew::runtime
