#include <curfew/core/expects.hpp>
#include <curfew/core/pool.hpp>

#include <algorithm>

namespace curfew {

bool is_valid(const pool_config& config) noexcept {
    constexpr std::uint32_t most = 100'000;
    return config.size >= 1 && config.size <= most && config.overflow <= most &&
           config.recycle > duration::zero() && config.jitter_percent <= 100 &&
           config.check_after >= duration::zero();
}

pool::permit& pool::permit::operator=(permit&& other) noexcept {
    if (this != &other) {
        const permit ended{std::move(*this)};
        owner_ = std::exchange(other.owner_, nullptr);
        generation_ = other.generation_;
        slot_ = other.slot_;
        task_ = other.task_;
    }
    return *this;
}

void pool::permit::opened(time_point now) noexcept {
    expects(owner_ != nullptr, "only a place that is held is filled");
    seat& one = owner_->own(*this);
    one.open = true;
    one.used = now;
    one.recycle_at = add_saturated(now, owner_->age());
    task_ = pool_task::use;
}

bool pool::permit::keep(time_point now) noexcept {
    expects(owner_ != nullptr, "a place is returned once");
    pool& home = *owner_;
    seat& one = home.own(*this);
    expects(one.open, "an empty place holds nothing to keep");
    owner_ = nullptr;
    home.count_return(one);
    one.used = now;
    const bool aged = now >= one.recycle_at;
    if (!home.closed_) {
        if (home.hand_over(slot_, aged ? pool_task::renew : pool_task::use, now)) return true;
        if (!aged && home.taken_ <= home.config_.size) {
            home.rest(slot_);
            return true;
        }
    }
    home.vacate(slot_, now);
    return false;
}

void pool::permit::discard(time_point now) noexcept {
    expects(owner_ != nullptr, "a place is returned once");
    pool& home = *std::exchange(owner_, nullptr);
    seat& one = home.slots_[slot_];
    expects(one.generation == generation_, "a permit of this use");
    home.count_return(one);
    home.vacate(slot_, now);
}

void pool::permit::abandon() noexcept {
    expects(owner_ != nullptr, "only what is held can be abandoned");
    seat& one = owner_->own(*this);
    if (one.is == place::abandoned) return;
    one.is = place::abandoned;
    ++owner_->abandoned_;
}

pool::pool(const pool_config& config, std::uint64_t seed)
    : config_{config},
      slots_(std::size_t{config.size} + config.overflow),
      waiting_{config.waiting},
      random_{seed} {
    expects(is_valid(config), "a valid configuration");
    for (auto index = static_cast<std::uint32_t>(slots_.size()); index > 0; --index)
        push(empty_, index - 1);
}

std::expected<std::optional<pool::permit>, pool_refusal> pool::acquire(
    waiter& one, deadline until, time_point now
) noexcept {
    latest_ = std::max(latest_, now);
    if (closed_) return std::unexpected{pool_refusal::closed};
    if (until.expired(now)) return std::unexpected{pool_refusal::no_time_left};
    if (waiting_.empty()) {
        if (idle_ != nowhere) {
            const auto index = pop(idle_);
            --idle_count_;
            return give(index, task_of(slots_[index], now));
        }
        if (empty_ != nowhere) {
            ++taken_;
            return give(pop(empty_), pool_task::open);
        }
    }
    if (const auto queued = waiting_.enqueue(one, until, now); !queued) {
        return std::unexpected{pool_refusal::queue_full};
    }
    return std::optional<permit>{};
}

std::optional<pool::permit> pool::acquire_to_warm(time_point now) noexcept {
    latest_ = std::max(latest_, now);
    if (closed_ || taken_ >= config_.size || empty_ == nowhere) return std::nullopt;
    ++taken_;
    return give(pop(empty_), pool_task::open);
}

std::optional<std::uint32_t> pool::retire(time_point now) noexcept {
    latest_ = std::max(latest_, now);
    for (auto* link = &idle_; *link != nowhere; link = &slots_[*link].next) {
        const auto index = *link;
        if (!closed_ && now < slots_[index].recycle_at) continue;
        *link = slots_[index].next;
        --idle_count_;
        vacate(index, now);
        return index;
    }
    return std::nullopt;
}

deadline pool::next_retirement() const noexcept {
    deadline next;
    for (auto index = idle_; index != nowhere; index = slots_[index].next)
        next = earliest(next, deadline{slots_[index].recycle_at});
    return next;
}

void pool::close() noexcept {
    closed_ = true;
    waiting_.close();
}

pool_status pool::status(time_point now) const noexcept {
    const auto* longest = waiting_.front();
    return {
        .taken = taken_,
        .idle = idle_count_,
        .abandoned = abandoned_,
        .places = static_cast<std::uint32_t>(slots_.size()),
        .waiting = static_cast<std::uint32_t>(waiting_.size()),
        .longest_wait = longest == nullptr ? duration::zero() : now - longest->since(),
    };
}

pool_task pool::task_of(const seat& one, time_point now) const noexcept {
    if (now >= one.recycle_at) return pool_task::renew;
    const bool doubtful = one.used <= suspected_ || now - one.used > config_.check_after;
    return doubtful ? pool_task::check : pool_task::use;
}

std::uint32_t pool::pop(std::uint32_t& list) noexcept {
    return std::exchange(list, slots_[list].next);
}

void pool::push(std::uint32_t& list, std::uint32_t index) noexcept {
    slots_[index].next = std::exchange(list, index);
}

pool::permit pool::give(std::uint32_t index, pool_task task) noexcept {
    seat& one = slots_[index];
    one.is = place::out;
    return permit{*this, index, ++one.generation, task};
}

pool::seat& pool::own(const permit& returned) noexcept {
    seat& one = slots_[returned.slot_];
    expects(one.generation == returned.generation_, "a permit of this use");
    return one;
}

bool pool::hand_over(std::uint32_t index, pool_task task, time_point now) noexcept {
    latest_ = std::max(latest_, now);
    if (waiting_.empty()) return false;
    permit next = give(index, task);
    if (waiting_.grant_next(next, now)) return true;
    next.owner_ = nullptr;  // everybody had expired: the place is still the caller's to return
    return false;
}

void pool::vacate(std::uint32_t index, time_point now) noexcept {
    slots_[index].open = false;
    if (!closed_ && hand_over(index, pool_task::open, now)) return;
    slots_[index].is = place::empty;
    push(empty_, index);
    --taken_;
}

void pool::count_return(seat& returned) noexcept {
    if (returned.is == place::abandoned) --abandoned_;
}

void pool::give_back(permit& unused) noexcept {
    seat& one = own(unused);
    unused.owner_ = nullptr;
    count_return(one);
    if (one.open && !closed_) {
        if (hand_over(unused.slot_, task_of(one, latest_), latest_)) return;
        if (taken_ <= config_.size) {
            rest(unused.slot_);
            return;
        }
    }
    vacate(unused.slot_, latest_);
}

void pool::rest(std::uint32_t index) noexcept {
    slots_[index].is = place::idle;
    push(idle_, index);
    ++idle_count_;
}

duration pool::age() noexcept {
    random_ += 0x9e37'79b9'7f4a'7c15;  // SplitMix64
    auto mixed = random_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58'476d'1ce4'e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d0'49bb'1331'11eb;
    mixed ^= mixed >> 31;
    const auto part = static_cast<double>(mixed >> 11) * 0x1p-53;
    const auto shorter = static_cast<double>(config_.recycle.count()) * part *
                         static_cast<double>(config_.jitter_percent) / 100;
    return config_.recycle - duration{static_cast<duration::rep>(shorter)};
}

}  // namespace curfew
