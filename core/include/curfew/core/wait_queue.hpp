#pragma once

#include <curfew/core/cause.hpp>
#include <curfew/core/deadline.hpp>
#include <curfew/core/expects.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <utility>

namespace curfew {

enum class wait_state : std::uint8_t {
    idle,  ///< never queued, or ready to be queued again
    waiting,
    granted,    ///< holds a grant, until it is taken
    expired,    ///< left by its deadline
    cancelled,  ///< left of its own will, or the queue was closed
};

/// A bounded first-in first-out queue of waiters that leave by deadline, exactly once.
///
/// A waiter lives in its caller's frame; the queue only links it. Its wait is decided once: the
/// first of grant, expiry and cancellation wins, and the others find it decided. A grant (a permit,
/// or whatever `Grant` is: move-only, its destructor gives it back) moves *into* the waiter. The
/// waiter takes it and uses it, or is destroyed and the grant gives itself back: in no order of
/// events is it lost or given twice. At the very instant of its deadline a waiter has expired.
///
/// Enqueue, grant, expire, cancel are O(1); nothing allocates. `settled` runs once per wait, last,
/// when the node is unlinked and its state is final: it may destroy the waiter, queue it again, or
/// use the queue.
/// Thread rule: one thread. The queue must outlive waiters that wait in it.
template <class Grant>
class wait_queue {
  public:
    class waiter {
      public:
        /// `settled` is called when the wait has been decided by somebody else than the waiter
        /// itself (so not from `cancel`, nor from the destructor).
        using callback = void (*)(waiter& decided) noexcept;

        explicit waiter(callback settled) noexcept : settled_{settled} {}

        waiter(const waiter&) = delete;
        waiter& operator=(const waiter&) = delete;

        /// Leaves the queue if it still waits, and gives back a grant that nobody took.
        ~waiter() { (void)cancel(); }

        /// Its timer fired. Decides `expired` if it waits and its deadline has passed at `now`.
        bool expire(time_point now) noexcept {
            if (state_ != wait_state::waiting || !until_.expired(now)) return false;
            queue_->settle(*this, wait_state::expired);
            return true;
        }

        /// Its caller has gone. True if it was waiting.
        bool cancel() noexcept {
            if (state_ != wait_state::waiting) return false;
            queue_->unlink(*this);
            state_ = wait_state::cancelled;
            return true;
        }

        /// The grant, once; empty if there is none (any more).
        [[nodiscard]] std::optional<Grant> take() noexcept {
            return std::exchange(grant_, std::nullopt);
        }

        [[nodiscard]] wait_state state() const noexcept { return state_; }

        [[nodiscard]] deadline until() const noexcept { return until_; }

        [[nodiscard]] time_point since() const noexcept { return since_; }

      private:
        friend class wait_queue;

        wait_queue* queue_ = nullptr;
        waiter* previous_ = nullptr;
        waiter* next_ = nullptr;
        deadline until_{};
        time_point since_{};
        callback settled_;
        wait_state state_ = wait_state::idle;
        std::optional<Grant> grant_{};
    };

    /// `bound`: the most waiters at a time; 0 admits none.
    explicit wait_queue(std::size_t bound) noexcept : bound_{bound} {}

    wait_queue(const wait_queue&) = delete;
    wait_queue& operator=(const wait_queue&) = delete;

    ~wait_queue() { expects(size_ == 0, "a wait_queue outlives its waiters"); }

    /// Queues `one`, which must not be waiting and must hold no grant. Refuses with `queue_full`,
    /// or with `no_time_left` when its deadline has passed already; `one` is then unchanged.
    [[nodiscard]] std::expected<void, shed_reason> enqueue(
        waiter& one, deadline until, time_point now
    ) noexcept {
        expects(one.state_ != wait_state::waiting, "a waiter waits in one place");
        expects(!one.grant_, "a waiter with a grant has no reason to wait");
        if (until.expired(now)) return std::unexpected{shed_reason::no_time_left};
        if (size_ >= bound_) return std::unexpected{shed_reason::queue_full};
        one.until_ = until;
        one.since_ = now;
        one.state_ = wait_state::waiting;
        link(one);
        return {};
    }

    /// Gives `grant` to the longest waiting one whose deadline has not passed at `now`; those in
    /// front of it whose deadline has are settled as expired on the way. True if it was given;
    /// false if nobody waits, and then `grant` is untouched.
    bool grant_next(Grant& grant, time_point now) noexcept {
        while (waiter* first = first_) {
            if (first->until_.expired(now)) {
                settle(*first, wait_state::expired);
                continue;
            }
            first->grant_.emplace(std::move(grant));
            settle(*first, wait_state::granted);
            return true;
        }
        return false;
    }

    /// Settles as expired, in order, everybody whose deadline will have passed at `when`: nothing
    /// is to be had before. O(size). `settled` must leave the others where they are.
    void expire_by(time_point when) noexcept {
        for (waiter* next = first_; next != nullptr;) {
            waiter& one = *std::exchange(next, next->next_);
            if (one.until_.expired(when)) settle(one, wait_state::expired);
        }
    }

    /// Settles everybody as cancelled, in order; who queues meanwhile stays. For shutdown.
    void close() noexcept {
        for (auto left = size_; left > 0 && first_ != nullptr; --left)
            settle(*first_, wait_state::cancelled);
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] std::size_t bound() const noexcept { return bound_; }

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// The longest waiting one, or null: its `since()` tells how long the queue makes one wait.
    [[nodiscard]] const waiter* front() const noexcept { return first_; }

    /// A lower bound evicts nobody.
    void set_bound(std::size_t bound) noexcept { bound_ = bound; }

  private:
    void link(waiter& one) noexcept {
        one.queue_ = this;
        one.previous_ = last_;
        one.next_ = nullptr;
        (last_ != nullptr ? last_->next_ : first_) = &one;
        last_ = &one;
        ++size_;
    }

    void unlink(waiter& one) noexcept {
        (one.previous_ != nullptr ? one.previous_->next_ : first_) = one.next_;
        (one.next_ != nullptr ? one.next_->previous_ : last_) = one.previous_;
        one.queue_ = nullptr;
        one.previous_ = nullptr;
        one.next_ = nullptr;
        --size_;
    }

    void settle(waiter& one, wait_state decided) noexcept {
        unlink(one);
        one.state_ = decided;
        one.settled_(one);
    }

    waiter* first_ = nullptr;
    waiter* last_ = nullptr;
    std::size_t size_ = 0;
    std::size_t bound_;
};

}  // namespace curfew
