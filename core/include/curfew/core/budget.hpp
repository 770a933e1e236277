#pragma once

#include <curfew/core/account.hpp>
#include <curfew/core/cause.hpp>
#include <curfew/core/deadline.hpp>

#include <string_view>

namespace curfew {

/// A limit and whose it is.
struct bound {
    deadline at{};
    bool own = true;                ///< false: inherited from the caller
    std::string_view limit_name{};  ///< policy key (static storage)
    duration limit{};               ///< its value, for the refusal that names it

    /// One of the operation's own: `limit` after `now`, and `name` is in static storage.
    [[nodiscard]] static constexpr bound after(
        time_point now, duration limit, std::string_view name
    ) noexcept {
        return {deadline::after(now, limit), true, name, limit};
    }

    /// The cause of an operation that this bound ended.
    [[nodiscard]] cause expired_cause() const noexcept {
        return {
            own ? cause_kind::own_timeout : cause_kind::inherited_deadline,
            shed_reason::none,
            limit_name,
            limit,
        };
    }
};

/// The tighter of two bounds; a tie goes to the first.
[[nodiscard]] constexpr bound tighter(const bound& a, const bound& b) noexcept {
    return is_earlier(b.at, a.at) ? b : a;
}

/// One deadline shared by every stage of an operation, and the account of where its time went.
/// Stages follow each other: entering one closes the one before. Costs two additions a stage; the
/// caller hands in `now`, read once a loop turn. Thread rule: one thread at a time.
class budget {
  public:
    /// Starts counting at `started` (the arrival, queue time included).
    budget(time_point started, bound limit) noexcept
        : started_{started}, entered_{started}, limit_{limit} {}

    [[nodiscard]] const bound& limit() const noexcept { return limit_; }

    [[nodiscard]] time_point started() const noexcept { return started_; }

    [[nodiscard]] bool expired(time_point now) const noexcept { return limit_.at.expired(now); }

    /// Takes a tighter bound that became known later (a header, a route). Never loosens.
    void tighten(const bound& limit) noexcept { limit_ = tighter(limit_, limit); }

    /// What a child stage with its own limit may use: min(what is left, own).
    [[nodiscard]] bound child(time_point now, duration own, std::string_view name) const noexcept {
        return tighter(limit_, bound::after(now, own, name));
    }

    /// Ends the open stage at `now` and begins `next`.
    void enter(stage next, time_point now, std::uint8_t number = 0) noexcept {
        close(now);
        open_ = next;
        number_ = number;
    }

    /// Ends the open stage; the account is complete up to `now`.
    void close(time_point now) noexcept {
        if (now > entered_) {
            account_.add(open_, now - entered_, number_);
            entered_ = now;
        }
    }

    [[nodiscard]] const time_account& account() const noexcept { return account_; }

    /// The open stage, its number, and when it was entered.
    [[nodiscard]] stage open() const noexcept { return open_; }

    [[nodiscard]] std::uint8_t number() const noexcept { return number_; }

    [[nodiscard]] time_point entered() const noexcept { return entered_; }

  private:
    time_point started_;
    time_point entered_;
    bound limit_;
    stage open_ = stage::receive;
    std::uint8_t number_ = 0;
    time_account account_{};
};

}  // namespace curfew
