#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/protocol/http1_date.hpp>

#include <string_view>

namespace curfew::http {

/// The value of Date, made once a second. Thread rule: one thread at a time.
class date_source {
  public:
    /// `now` is the loop's: only at the turn of a second is the wall clock asked. The view holds
    /// until the next call.
    [[nodiscard]] std::string_view text(time_point now) noexcept {
        if (now >= stale_at_) renew(now);
        return {text_.data(), text_.size()};
    }

  private:
    void renew(time_point now) noexcept;

    time_point stale_at_ = time_point::min();
    http1::date_text text_{};
};

}  // namespace curfew::http
