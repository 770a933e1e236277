#pragma once

#include <curfew/core/budget.hpp>
#include <curfew/core/timer_wheel.hpp>
#include <curfew/runtime/intrusive_list.hpp>
#include <curfew/runtime/waiter.hpp>

#include <optional>

namespace curfew::runtime {

class loop;
struct in_parent;

/// A cancel scope: everything awaited under it ends when its bound expires or it is cancelled, and
/// everything under its children with it. A child works under min(parent, own). The cause is
/// decided once. Lives in a coroutine's frame, inside its parent's lifetime; leaving it with a
/// child or a waiter still inside is a bug (structured concurrency after Trio and N. J. Smith's
/// notes). Each scope has a timer for its own bound and none for its parent's, so what one of them
/// is told (rebound) holds below it at once. No allocation. Thread rule: the loop's thread.
class scope : private list_node<in_parent> {
  public:
    /// A root: ends when cancelled, or at `limit`.
    explicit scope(loop& on, bound limit = {}) noexcept;

    /// A child. (Scopes are not copied: this takes its parent.)
    // NOLINTNEXTLINE(google-explicit-constructor,bugprone-copy-constructor-init,misc-*)
    explicit scope(scope& parent, bound limit = {}) noexcept;

    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;
    ~scope();

    /// Ends it, unless it has ended already: wakes what waits here and below.
    void end(const cause& why) noexcept;

    void cancel() noexcept { end({cause_kind::cancelled}); }

    [[nodiscard]] bool ended() const noexcept { return why_.has_value(); }

    /// Why it ended; asking before it did is a bug.
    [[nodiscard]] const cause& why() const noexcept {
        expects(ended(), "the scope has not ended");
        return *why_;
    }

    /// What it works under: min(parent, own), a tie being the parent's. Looks at all its parents.
    [[nodiscard]] bound limit() const noexcept;

    /// Replaces the own bound, for the children too; the parent's still holds.
    void rebound(const bound& limit) noexcept;

    [[nodiscard]] loop& on() const noexcept { return loop_; }

  private:
    friend class waiter;
    friend class intrusive_list<scope, in_parent>;

    struct expiry final : timer {
        explicit expiry(scope& s) noexcept;
        scope& of;
    };

    void arm() noexcept;

    loop& loop_;
    scope* parent_;
    bound own_;
    std::optional<cause> why_;
    expiry timer_;
    intrusive_list<waiter, in_scope> waiters_;
    intrusive_list<scope, in_parent> children_;
};

}  // namespace curfew::runtime
