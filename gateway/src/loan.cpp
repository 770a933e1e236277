#include "loan.hpp"

namespace curfew::gateway {

loan::loan(balancer& loads, std::size_t endpoint) noexcept : loads_{&loads} {
    what_.endpoint = endpoint;
    what_.trial = loads.started(endpoint);
}

loan::loan(loan&& other) noexcept
    : loads_{std::exchange(other.loads_, nullptr)},
      what_{other.what_},
      waits_{std::exchange(other.waits_, false)},
      hanging_{other.hanging_},
      judged_{other.judged_} {}

loan& loan::operator=(loan&& other) noexcept {
    std::swap(loads_, other.loads_);
    std::swap(what_, other.what_);
    std::swap(waits_, other.waits_);
    std::swap(hanging_, other.hanging_);
    std::swap(judged_, other.judged_);
    return *this;
}

loan::~loan() {
    if (loads_ == nullptr) return;
    end_hang();
    if (what_.trial && !judged_) loads_->trial_ended(what_.endpoint);
    loads_->ended(what_.endpoint);
}

void loan::end_hang() noexcept {
    if (std::exchange(hanging_, false)) loads_->hang_ended(what_.endpoint);
}

void loan::sent(std::size_t route, time_point now) noexcept {
    what_.route = route;
    what_.sent = now;
    waits_ = loads_->size() > 1;
}

bool loan::answered(bool server_error, time_point now) noexcept {
    if (!std::exchange(waits_, false)) return false;
    end_hang();
    auto one = what_;
    one.trial = one.trial && !std::exchange(judged_, true);
    if (server_error) return loads_->answered_badly(one, now);
    loads_->answered_well(one, now);
    return false;
}

bool loan::failed(time_point now) noexcept {
    if (!std::exchange(waits_, false)) return false;
    end_hang();
    auto one = what_;
    one.trial = one.trial && !std::exchange(judged_, true);
    return loads_->failed(one, now);
}

bool loan::hangs(time_point now) noexcept {
    if (!waits_) return false;
    auto one = what_;
    one.trial = one.trial && !std::exchange(judged_, true);
    return loads_->hangs(one, std::exchange(hanging_, true), now);
}

}  // namespace curfew::gateway
