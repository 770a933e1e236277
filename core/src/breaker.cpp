#include "breaker_news.hpp"
#include <curfew/core/breaker.hpp>
#include <curfew/core/expects.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace curfew {

namespace {

bool is_valid_rate(const rate_rule& rule) noexcept {
    return rule.percent <= 100 && rule.min_calls >= 1;
}

bool trips(const rate_rule& rule, tally seen, std::uint64_t most) noexcept {
    return rule.percent > 0 && seen.total >= std::min<std::uint64_t>(rule.min_calls, most) &&
           reaches(seen, rule.percent);
}

}  // namespace

std::string_view to_string(breaker_state state) noexcept {
    switch (state) {
        case breaker_state::closed:
            return "closed";
        case breaker_state::open:
            return "open";
        case breaker_state::half_open:
            return "half_open";
    }
    return "closed";
}

std::string_view to_string(breaker_reason reason) noexcept {
    switch (reason) {
        case breaker_reason::consecutive_failures:
            return "consecutive_failures";
        case breaker_reason::failure_rate:
            return "failure_rate";
        case breaker_reason::slow_rate:
            return "slow_rate";
        case breaker_reason::reset_elapsed:
            return "reset_elapsed";
        case breaker_reason::work_recovered:
            return "work_recovered";
        case breaker_reason::probes_succeeded:
            return "probes_succeeded";
        case breaker_reason::probes_failed:
            return "probes_failed";
        case breaker_reason::probe_lost:
            return "probe_lost";
        case breaker_reason::tripped:
            return "tripped";
    }
    return "consecutive_failures";
}

bool is_valid(const breaker_config& config) noexcept {
    return config.reset > duration::zero() && config.reset_max > duration::zero() &&
           config.reset_min >= duration::zero() && config.growth_percent >= 100 &&
           config.growth_percent <= 1000 && is_valid(config.window) &&
           is_valid_rate(config.failure_rate) && is_valid_rate(config.slow_rate) &&
           config.slow_after >= duration::zero() && config.probes >= 1 && config.probes <= 16 &&
           config.probe_results >= 1 && config.probe_results <= 1000 &&
           config.probe_failures >= 1 && config.probe_failures <= config.probe_results &&
           config.probe_lease > duration::zero();
}

breaker::permit& breaker::permit::operator=(permit&& other) noexcept {
    if (this != &other) {
        if (owner_ != nullptr) owner_->drop(*this);
        owner_ = std::exchange(other.owner_, nullptr);
        generation_ = other.generation_;
        started_ = other.started_;
        lease_ = other.lease_;
        slow_ = other.slow_;
        hanging_ = other.hanging_;
    }
    return *this;
}

void breaker::permit::finish(outcome result, cause_kind why, time_point now) noexcept {
    expects(owner_ != nullptr, "a permit is returned once");
    auto& owner = *std::exchange(owner_, nullptr);
    const auto phase = owner.phase_.load(std::memory_order_acquire);
    if (result == outcome::success && phase == (generation_ << 3 | quiet)) [[likely]]
        return;
    owner.finish(*this, result, why, now);
}

void breaker::permit::mark_slow(time_point now) noexcept {
    expects(owner_ != nullptr, "a permit already returned is not running");
    owner_->mark(*this, false, now);
}

void breaker::permit::mark_hanging(time_point now) noexcept {
    expects(owner_ != nullptr, "a permit already returned is not running");
    owner_->mark(*this, true, now);
}

breaker::breaker(const breaker_config& config, breaker_listener* listener) noexcept
    : config_{config}, listener_{listener}, window_{config.window} {
    expects(is_valid(config), "a breaker_config within its ranges");
    publish();
}

bool breaker::current(const permit& one) const noexcept {
    return one.generation_ == machine_.generation;
}

tallies breaker::seen(time_point now) const noexcept {
    auto counted = window_.count(now);
    if (config_.failure_rate.percent == 0) counted.failures = {};
    if (config_.slow_rate.percent == 0) counted.slow = {};
    return counted;
}

std::expected<breaker::permit, breaker_refusal> breaker::acquire_slowly(time_point now) noexcept {
    news out;
    std::expected<permit, breaker_refusal> answer = std::unexpected{breaker_refusal{}};
    {
        const std::lock_guard locked{lock_};
        machine_.settle(config_, now, out);
        apply(out);
        const bool half_open = machine_.state == breaker_state::half_open;
        const auto serial = half_open ? machine_.lend(config_, now) : 0;
        if (serial != 0 || machine_.state == breaker_state::closed) {
            answer = permit{*this, machine_.generation, now, serial};
        } else {
            ++totals_.refused;
            answer =
                std::unexpected{breaker_refusal{machine_.state, machine_.retry_after(config_, now)}
                };
        }
    }
    tell(out);
    return answer;
}

void breaker::finish(permit& ended, outcome result, cause_kind why, time_point now) noexcept {
    const bool failed = counts_against_target(result, why);
    news out;
    {
        const std::lock_guard locked{lock_};
        machine_.settle(config_, now, out);
        const bool counts = failed || result == outcome::success;
        if (failed) ++totals_.failures;
        if (!counts) ++totals_.neither;
        if (!current(ended) || (ended.lease_ != 0 && !machine_.release(ended.lease_)))
            ++totals_.late;
        else if (counts)
            count_end(ended, failed, now, out);
        apply(out);
    }
    tell(out);
}

void breaker::count_end(const permit& ended, bool failed, time_point now, news& out) noexcept {
    const bool timed = config_.slow_rate.percent > 0 && config_.slow_after > duration::zero();
    const bool slow = ended.slow_ || (timed && now - ended.started_ >= config_.slow_after);
    if (slow && !ended.slow_) ++totals_.slow;
    if (machine_.state == breaker_state::half_open) {
        const bool bad = failed || (slow && config_.slow_rate.percent > 0);
        machine_.count_probe(config_, bad, breaker_reason::probes_failed, now, out);
        return;
    }
    // No write where nothing changes: the next thread is spinning on this cache line.
    if (failed && !ended.hanging_)
        ++machine_.consecutive;
    else if (!failed && machine_.consecutive > 0)
        machine_.consecutive = 0;
    tallies event;
    if (!ended.hanging_ && config_.failure_rate.percent > 0) event.failures = {1, failed};
    if (!ended.slow_ && config_.slow_rate.percent > 0) event.slow = {1, slow};
    window_.record(event, now);
    judge(now, out);
}

void breaker::judge(time_point now, news& out) noexcept {
    const auto limit = config_.consecutive_failures;
    const auto counted = window_.count(now);
    if (limit > 0 && machine_.consecutive >= limit)
        machine_.open(config_, breaker_reason::consecutive_failures, now, out);
    else if (trips(config_.failure_rate, counted.failures, window_.most()))
        machine_.open(config_, breaker_reason::failure_rate, now, out);
    else if (trips(config_.slow_rate, counted.slow, window_.most()))
        machine_.open(config_, breaker_reason::slow_rate, now, out);
}

void breaker::drop(permit& ended) noexcept {
    news out;
    {
        const std::lock_guard locked{lock_};
        // A destructor knows no time; what `status` has told already stays true.
        machine_.settle(config_, asked_, out);
        ++totals_.neither;
        if (!current(ended) || (ended.lease_ != 0 && !machine_.release(ended.lease_)))
            ++totals_.late;
        apply(out);
    }
    tell(out);
}

void breaker::mark(permit& running, bool hanging, time_point now) noexcept {
    if (running.hanging_ || (running.slow_ && !hanging)) return;
    news out;
    {
        const std::lock_guard locked{lock_};
        const bool slow_rule = config_.slow_rate.percent > 0;
        if (!hanging && !slow_rule) return;
        machine_.settle(config_, now, out);
        const bool newly_slow = slow_rule && !running.slow_;
        running.slow_ = true;
        running.hanging_ = hanging;
        totals_.slow += newly_slow ? 1 : 0;
        totals_.hanging += hanging ? 1 : 0;
        if (current(running)) {
            if (running.lease_ != 0) {
                if (machine_.release(running.lease_))
                    machine_.count_probe(config_, true, breaker_reason::probes_failed, now, out);
            } else {
                tallies event;
                if (newly_slow) event.slow = {1, 1};
                if (hanging) ++machine_.consecutive;
                if (hanging && config_.failure_rate.percent > 0) event.failures = {1, 1};
                window_.record(event, now);
                judge(now, out);
            }
        }
        apply(out);
    }
    tell(out);
}

void breaker::hint_recovered(time_point now) noexcept {
    news out;
    {
        const std::lock_guard locked{lock_};
        machine_.settle(config_, now, out);
        if (machine_.state == breaker_state::open) {
            const auto soonest = std::max(add_saturated(machine_.since, config_.reset_min), now);
            if (soonest < machine_.open_until) {
                machine_.open_until = soonest;
                machine_.hinted = true;
            }
            machine_.settle(config_, now, out);
        }
        apply(out);
    }
    tell(out);
}

void breaker::trip(time_point now) noexcept {
    news out;
    {
        const std::lock_guard locked{lock_};
        machine_.settle(config_, now, out);
        if (machine_.state == breaker_state::closed)
            machine_.open(config_, breaker_reason::tripped, now, out);
        apply(out);
    }
    tell(out);
}

std::uint32_t breaker::failures_in_a_row() const noexcept {
    const std::lock_guard locked{lock_};
    return machine_.consecutive;
}

breaker_status breaker::status(time_point now) const noexcept {
    const std::lock_guard locked{lock_};
    asked_ = std::max(asked_, now);
    auto ahead = machine_;
    news out;
    ahead.settle(config_, now, out);
    breaker_status told;
    told.state = ahead.state;
    told.generation = ahead.generation;
    told.since = ahead.since;
    told.retry_after = ahead.retry_after(config_, now);
    told.consecutive = ahead.consecutive;
    told.probes_running = ahead.running();
    told.probes_done = ahead.probes_done;
    told.totals = totals_;
    told.totals.lost_probes += out.lost_probes;
    for (std::size_t at = 0; at < out.size(); ++at)
        told.totals.opened += out[at].to == breaker_state::open ? 1 : 0;
    if (ahead.generation == machine_.generation) {
        const auto counted = seen(now);
        told.failures = counted.failures;
        told.slow = counted.slow;
    }
    return told;
}

void breaker::reconfigure(const breaker_config& config, time_point now) noexcept {
    expects(is_valid(config), "a breaker_config within its ranges");
    news out;
    {
        const std::lock_guard locked{lock_};
        machine_.settle(config_, now, out);
        apply(out);
        config_ = config;
        window_.reshape(config.window);
        const auto shortened = add_saturated(machine_.since, config.reset);
        if (machine_.state == breaker_state::open && shortened < machine_.open_until)
            machine_.open_until = shortened;
        publish();
    }
    tell(out);
}

void breaker::apply(news& out) noexcept {
    if (out.lost_probes > 0) totals_.lost_probes += out.lost_probes;
    for (std::size_t at = 0; at < out.size(); ++at) {
        auto& change = out[at];
        totals_.opened += change.to == breaker_state::open ? 1 : 0;
        if (change.from == breaker_state::closed) {
            const auto counted = seen(change.at);
            change.failures = counted.failures;
            change.slow = counted.slow;
        }
        window_.clear();
    }
    publish();
}

void breaker::publish() noexcept {
    const bool rated = config_.failure_rate.percent > 0 || config_.slow_rate.percent > 0;
    const bool is_quiet =
        !rated && machine_.state == breaker_state::closed && machine_.consecutive == 0;
    const auto phase = machine_.generation << 3 | (is_quiet ? quiet : 0) |
                       static_cast<std::uint64_t>(machine_.state);
    if (phase != phase_.load(std::memory_order_relaxed))
        phase_.store(phase, std::memory_order_release);
}

void breaker::tell(const news& out) const noexcept {
    if (listener_ == nullptr) return;
    for (std::size_t at = 0; at < out.size(); ++at)
        listener_->on_transition(out[at]);
}

}  // namespace curfew
