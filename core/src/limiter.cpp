#include <curfew/core/expects.hpp>
#include <curfew/core/limiter.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace curfew {

namespace {

constexpr std::uint32_t correction_samples = 64;
constexpr std::uint32_t measuring_calls = 64;
constexpr duration measuring_shortest = std::chrono::milliseconds{250};
constexpr duration measuring_longest = std::chrono::seconds{2};

constexpr std::uint32_t search_votes = 4;
constexpr duration long_window = std::chrono::seconds{1};

constexpr std::uint32_t part(std::uint32_t whole, std::uint32_t percent) noexcept {
    return static_cast<std::uint32_t>(std::uint64_t{whole} * percent / 100);
}

// By more than two standard deviations of a coin toss: 9 of 10, 15 of 20, 61 of 100.
constexpr bool is_majority(std::uint32_t some, std::uint32_t all) noexcept {
    const auto lead = std::int64_t{some} * 2 - all;
    return lead > 0 && lead * lead > std::int64_t{all} * 4;
}

duration scaled(duration by, std::uint32_t percent) noexcept {
    duration::rep product = 0;
    if (__builtin_mul_overflow(by.count(), percent, &product)) return duration::max();
    return duration{product / 100};
}

}  // namespace

std::string_view to_string(limit_reason reason) noexcept {
    switch (reason) {
        case limit_reason::start:
            return "start";
        case limit_reason::demand:
            return "demand";
        case limit_reason::queue:
            return "queue";
        case limit_reason::latency:
            return "latency";
        case limit_reason::timeouts:
            return "timeouts";
        case limit_reason::reconfigured:
            return "reconfigured";
    }
    return "start";
}

bool is_valid(const limiter_config& config) noexcept {
    return config.floor >= 1 && config.floor <= config.start && config.start <= config.ceiling &&
           config.route_share_percent >= 1 && config.route_share_percent <= 100 &&
           config.tolerance_percent > 100 && config.slack >= duration::zero() &&
           config.max_healthy >= duration::zero() && config.backoff_percent >= 1 &&
           config.backoff_percent <= 99 && config.window_votes >= 1 &&
           config.window_min >= duration::zero() && config.window_max > config.window_min &&
           config.measure_every > duration::zero();
}

limiter::limiter(const limiter_config& config, limiter_listener* listener) noexcept
    : limit_{config.start}, config_{config}, listener_{listener} {
    expects(is_valid(config), "a limiter_config within its ranges");
    last_.to = last_.from = limit_;
}

std::uint32_t limiter::share_of(std::uint32_t limit) const noexcept {
    return std::max(1U, part(limit, config_.route_share_percent));
}

std::uint32_t limiter::idle_bound() const noexcept {
    return std::max(1U, limit_ / 4);
}

bool limiter::measures(const permit& one) const noexcept {
    return measuring_ > 0 && one.round_ == round_;
}

bool limiter::is_full() const noexcept {
    if (in_flight_ < limit_) return false;
    // Calls that hang must not leave nothing to those that live.
    return in_flight_ - aside_ >= std::max(1U, limit_ / 2);
}

std::expected<limiter::permit, shed_reason> limiter::try_acquire(
    route& where, time_point now
) noexcept {
    const std::lock_guard locked{lock_};
    if (measuring_ > 0 && now >= measuring_until_) measuring_ = 0;
    const bool measuring = measuring_ > 0;
    if (is_full() || (measuring && measured_ >= idle_bound())) {
        ++refused_;
        where.refused_ = true;
        return std::unexpected{shed_reason::in_flight};
    }
    if (where.in_flight_ >= share_of(limit_)) {
        ++refused_share_;
        where.refused_ = true;
        return std::unexpected{shed_reason::route_share};
    }
    ++in_flight_;
    ++where.in_flight_;
    measured_ += measuring ? 1 : 0;

    permit given;
    given.owner_ = this;
    given.route_ = &where;
    given.started_ = now;
    given.epoch_ = epoch_;
    given.round_ = measuring ? round_ : 0;
    given.idle_ = in_flight_ <= idle_bound();
    given.busy_ = in_flight_ * 2 >= limit_ || where.in_flight_ * 2 >= share_of(limit_);
    return given;
}

void limiter::permit::set_aside() noexcept {
    expects(held(), "only a call in flight is set aside");
    const std::lock_guard locked{owner_->lock_};
    if (!std::exchange(aside_, true)) ++owner_->aside_;
}

void limiter::release(permit& ended) noexcept {
    --in_flight_;
    if (ended.aside_) --aside_;
    --ended.route_->in_flight_;
    if (measures(ended)) --measured_;
}

void limiter::finish(permit& ended, outcome result, cause_kind why, time_point now) noexcept {
    const bool timed_out = result == outcome::timeout && why == cause_kind::own_timeout;
    limit_change change;
    bool changed = false;
    {
        const std::lock_guard locked{lock_};
        // In a burst the first to start was almost idle then only.
        const bool began_idle = ended.idle_;
        ended.idle_ = ended.idle_ && in_flight_ <= std::max(1U, limit_ / 2);
        release(ended);
        auto& where = *ended.route_;
        if (result == outcome::success || timed_out) {
            const auto took = std::max(duration{1}, now - ended.started_);
            if (!timed_out) {
                time(where, took, ended, began_idle);
                learn(where, took, ended, now);
            }
            const bool enough = measuring_until_ - now <= measuring_longest - measuring_shortest;
            if (measures(ended) && (measuring_ > 1 || enough)) --measuring_;
            if (ended.busy_ && ended.epoch_ >= votes_from_) {
                if (!timed_out) weigh(where, took, now);
                vote(where, timed_out || is_overdue(where, took), timed_out, now);
                changed = judge(now, change);
            }
        }
    }
    if (changed && listener_ != nullptr) listener_->on_limit(change);
}

void limiter::learn(route& where, duration took, const permit& sample, time_point now) noexcept {
    const bool unknown = where.healthy_ == duration::zero();
    if (unknown || sample.idle_) {
        const bool alone = measuring_ > 0 || limit_ == config_.floor;
        // While overloaded a quarter of the limit is no proof of health.
        if (!unknown && overloaded_ && !alone) return;
        where.batch_[where.batched_++] = took;
        if (where.batched_ < where.batch_.size()) return;
        where.batched_ = 0;
        if (!unknown) learnt_at_ = now;
        const auto middle = where.batch_.begin() + where.batch_.size() / 2;
        std::ranges::nth_element(where.batch_, middle);
        where.healthy_ += (*middle - where.healthy_) / (unknown ? 1 : alone ? 2 : 4);
    } else if (sample.busy_) {
        const auto clearly_less = where.healthy_ / 4 * 3;
        where.busy_quick_ += took < clearly_less ? 1 : 0;
        if (++where.busy_ < correction_samples) return;
        if (is_majority(where.busy_quick_, where.busy_))
            where.healthy_ = std::max(duration{1}, clearly_less);
        where.busy_ = where.busy_quick_ = 0;
    }
}

bool limiter::is_overdue(const route& where, duration took) const noexcept {
    if (config_.max_healthy > duration::zero() && took > config_.max_healthy) return true;
    if (where.healthy_ == duration::zero()) return false;
    return took > scaled(where.healthy_, config_.tolerance_percent) &&
           took - where.healthy_ > config_.slack;
}

void limiter::measure_if_due(time_point now) noexcept {
    if (now - learnt_at_ < config_.measure_every) return;
    learnt_at_ = now;
    measuring_ = measuring_calls;
    measured_ = 0;
    ++round_;
    measuring_until_ = add_saturated(now, measuring_longest);
    load_ = {};
}

void limiter::vote(route& where, bool overdue, bool timed_out, time_point now) noexcept {
    if (window_.votes > 0 && now - window_.began >= config_.window_max) {
        ++discarded_;
        window_ = {};
    }
    if (window_.votes++ == 0) window_.began = now;
    window_.overdue += overdue ? 1 : 0;
    window_.timeouts += timed_out ? 1 : 0;
    if (!overdue && std::exchange(where.refused_, false)) window_.demand = true;
}

bool limiter::judge(time_point now, limit_change& change) noexcept {
    const bool goes_well = searching_ && window_.overdue == 0;
    const auto enough =
        goes_well ? std::min(config_.window_votes, search_votes) : config_.window_votes;
    if (window_.votes < std::max(enough, limit_ / 4)) return false;
    const bool mostly_lost = window_.timeouts * 2 > window_.votes;
    if (!mostly_lost && now - window_.began < config_.window_min) return false;
    overloaded_ = is_majority(window_.overdue, window_.votes);
    crowded_ = is_crowded();
    searching_ = searching_ && !overloaded_ && !crowded_;
    const auto before = epoch_;
    const bool unknown = !searching_ && window_.demand && load_.unknown > load_.service / 4;
    if (overloaded_ || crowded_ || unknown) measure_if_due(now);
    if (overloaded_) {
        const auto left = std::min(part(limit_, config_.backoff_percent), limit_ - 1);
        set(std::max(left, config_.floor),
            mostly_lost ? limit_reason::timeouts : limit_reason::latency,
            now);
    } else if (!crowded_ && window_.demand && (limit_ < bound_ || now >= bound_until_)) {
        const bool calls_are_long = now - window_.began >= long_window;
        const auto step = !searching_ ? 1U : calls_are_long ? limit_ : std::max(1U, limit_ / 2);
        set(std::min(limit_ + step, config_.ceiling), limit_reason::demand, now);
    } else if (crowded_ && now >= bound_until_ && is_certain(now)) {
        bound_ = uncrowded();
        bound_until_ = add_saturated(now, config_.measure_every);
        set(bound_, limit_reason::queue, now);
        load_ = {};
    }
    window_ = {};
    change = last_;
    return epoch_ != before;
}

void limiter::set(std::uint32_t limit, limit_reason why, time_point now) noexcept {
    if (limit == limit_) return;
    const bool raises = limit > limit_;
    ++(raises ? raised_ : cut_);
    ++epoch_;
    if (!raises || !searching_) votes_from_ = epoch_;
    last_ = {limit_, limit, why, now, epoch_, window_.votes, window_.overdue};
    limit_ = limit;
    load_ = {};
}

limiter_status limiter::status() const noexcept {
    const std::lock_guard locked{lock_};
    return {
        .limit = limit_,
        .in_flight = in_flight_,
        .measuring = measuring_ > 0,
        .overloaded = overloaded_,
        .crowded = crowded_,
        .last = last_,
        .raised = raised_,
        .cut = cut_,
        .discarded = discarded_,
        .refused = refused_,
        .refused_share = refused_share_,
    };
}

std::uint32_t limiter::share() const noexcept {
    const std::lock_guard locked{lock_};
    return share_of(limit_);
}

duration limiter::healthy(const route& where) const noexcept {
    const std::lock_guard locked{lock_};
    return where.healthy_;
}

void limiter::reconfigure(const limiter_config& config, time_point now) noexcept {
    expects(is_valid(config), "a limiter_config within its ranges");
    limit_change change;
    bool changed = false;
    {
        const std::lock_guard locked{lock_};
        config_ = config;
        const auto before = epoch_;
        set(std::clamp(limit_, config.floor, config.ceiling), limit_reason::reconfigured, now);
        changed = epoch_ != before;
        change = last_;
    }
    if (changed && listener_ != nullptr) listener_->on_limit(change);
}

limiter::permit::permit(permit&& other) noexcept
    : owner_{std::exchange(other.owner_, nullptr)},
      route_{other.route_},
      started_{other.started_},
      epoch_{other.epoch_},
      round_{other.round_},
      idle_{other.idle_},
      busy_{other.busy_},
      aside_{other.aside_} {}

limiter::permit& limiter::permit::operator=(permit&& other) noexcept {
    if (this != &other) {
        const permit ended{std::move(*this)};
        owner_ = std::exchange(other.owner_, nullptr);
        route_ = other.route_;
        started_ = other.started_;
        epoch_ = other.epoch_;
        round_ = other.round_;
        idle_ = other.idle_;
        busy_ = other.busy_;
        aside_ = other.aside_;
    }
    return *this;
}

limiter::permit::~permit() {
    if (owner_ == nullptr) return;
    const std::lock_guard locked{owner_->lock_};
    owner_->release(*this);
}

void limiter::permit::finish(outcome result, cause_kind why, time_point now) noexcept {
    expects(owner_ != nullptr, "a permit is returned once");
    std::exchange(owner_, nullptr)->finish(*this, result, why, now);
}

}  // namespace curfew
