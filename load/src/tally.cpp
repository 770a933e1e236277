#include <curfew/load/tally.hpp>

#include <algorithm>
#include <functional>
#include <numeric>

namespace curfew::load {

void tally::record(const sample& what) noexcept {
    ++errors_[static_cast<std::size_t>(what.error)];
    const auto how = ending_of(what.error);
    if (is_censored(what.error)) {
        censored_.record(what.at.response());
        shortest_censored_ = std::min(shortest_censored_, what.at.response());
    } else if (how == ending::success || how == ending::timed_out) {
        answered_.record(what.at.response());
    } else {
        turned_away_.record(what.at.response());
    }
    service_.record(what.at.service());
    lag_.record(what.at.lag());
    queue_wait_.record(what.at.queue_wait());
}

void tally::merge(const tally& other) noexcept {
    std::ranges::transform(errors_, other.errors_, errors_.begin(), std::plus{});
    shortest_censored_ = std::min(shortest_censored_, other.shortest_censored_);
    answered_.merge(other.answered_);
    censored_.merge(other.censored_);
    turned_away_.merge(other.turned_away_);
    service_.merge(other.service_);
    lag_.merge(other.lag_);
    queue_wait_.merge(other.queue_wait_);
}

std::uint64_t tally::count() const noexcept {
    return std::reduce(errors_.begin(), errors_.end());
}

std::uint64_t tally::count(ending how) const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < errors_.size(); ++i) {
        sum += ending_of(static_cast<error_category>(i)) == how ? errors_[i] : 0;
    }
    return sum;
}

double tally::success_share() const noexcept {
    const auto all = count();
    return all == 0 ? 0.0 : static_cast<double>(count(ending::success)) / static_cast<double>(all);
}

std::uint64_t tally::waited() const noexcept {
    return answered_.count() + censored_.count();
}

quantile_bound tally::response_quantile(double q) const noexcept {
    auto both = answered_;
    both.merge(censored_);
    const auto value = both.quantile(q);
    if (shortest_censored_ > value) {
        return {value, false};
    }
    duration lower{};
    both.for_each_bucket([&](const histogram::bucket& b) {
        lower = b.lower <= value ? b.lower : lower;
    });
    return {std::max(lower, shortest_censored_), true};
}

bool carries_quantile(std::uint64_t count, double q) noexcept {
    return static_cast<double>(count) * (1.0 - q) >= 10.0 - 1e-6;
}

}  // namespace curfew::load
