#include <curfew/statistics/distributions.hpp>
#include <curfew/statistics/quantile.hpp>

#include <algorithm>
#include <array>

namespace curfew::statistics {

namespace {

// Sums of a thousand rounded steps are equal to a share when they are this close.
constexpr double rounding = 1e-12;

using counts = std::array<double, histogram::bucket_count>;

std::size_t bucket_of(const histogram& layout, duration value) noexcept {
    std::size_t from = 0;
    std::size_t to = histogram::bucket_count - 1;
    while (from < to) {
        const std::size_t middle = from + (to - from) / 2;
        if (layout.at(middle).upper < value) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

// Kaplan and Meier's estimate, stepped in order of time. `spread_` is Greenwood's sum times the
// survival, kept as one number because their product has no pole where the survival is zero.
class survival {
  public:
    explicit survival(double at_risk) noexcept : at_risk_{at_risk} {}

    void end(double count) noexcept {
        const double left = (at_risk_ - count) / at_risk_;
        spread_ = spread_ * left + share_ * count / (at_risk_ * at_risk_);
        share_ *= left;
        at_risk_ -= count;
    }

    void cut(double count) noexcept { at_risk_ -= count; }

    [[nodiscard]] double ended() const noexcept { return 1 - share_; }

    // How many uncut calls would know the share of ended ones as well.
    [[nodiscard]] double effective_count() const noexcept {
        return spread_ > 0 ? (1 - share_) / spread_ : at_risk_;
    }

  private:
    double at_risk_;
    double share_ = 1;
    double spread_ = 0;
};

class bounds {
  public:
    bounds(quantile_estimate& found, const histogram& calls, double calls_at_start) noexcept
        : found_{found},
          calls_{calls},
          doubt_{(1 - found.confidence) / 2},
          has_lower_{binomial_cdf(0, calls_at_start, found.q) <= doubt_} {}

    void reach(std::size_t index, const survival& now) noexcept {
        const histogram::bucket here = calls_.at(index);
        const bool is_open = index + 1 == histogram::bucket_count && calls_.above() > 0;
        const duration end = is_open ? calls_.max() : std::min(here.upper, calls_.max());
        const double trials = now.effective_count();
        const double ended = trials * now.ended();
        if (!found_.value && now.ended() >= found_.q - rounding) {
            found_.value = end;
        }
        if (!lower_done_ && binomial_cdf(ended, trials, found_.q) > doubt_) {
            lower_done_ = true;
            if (has_lower_) {
                found_.lower = here.lower;
            }
        }
        if (!found_.upper && found_.value &&
            incomplete_beta(ended, trials - ended + 1, found_.q) <= doubt_) {
            found_.upper = end;
        }
    }

    // Every completed call is surely below the quantile.
    void close() noexcept {
        if (!lower_done_ && has_lower_ && found_.completed > 0) {
            found_.lower = calls_.max();
        }
    }

  private:
    quantile_estimate& found_;
    const histogram& calls_;
    double doubt_;
    bool has_lower_;
    bool lower_done_ = false;
};

}  // namespace

quantile_estimate estimate_quantile(
    const histogram& calls, double q, double confidence, std::span<const cut_calls> cut
) noexcept {
    const histogram frozen = calls;
    quantile_estimate found;
    found.q = std::clamp(q, 1e-4, 1 - 1e-7);
    found.confidence = std::clamp(confidence, 0.5, 0.9999);
    found.completed = frozen.count();
    found.at_least = frozen.max();

    counts leaving{};
    for (const cut_calls& each : cut) {
        leaving[bucket_of(frozen, each.limit)] += static_cast<double>(each.count);
        found.cut += each.count;
        if (each.count > 0) {
            found.at_least = std::max(found.at_least, each.limit);
        }
    }
    const double all = static_cast<double>(found.completed) + static_cast<double>(found.cut);
    found.thin = all * std::min(found.q, 1 - found.q) < 10 - rounding;

    survival now{all};
    bounds sought{found, frozen, all};
    for (std::size_t i = 0; i < histogram::bucket_count; ++i) {
        if (const std::uint64_t ended = frozen.at(i).count; ended != 0) {
            now.end(static_cast<double>(ended));
            sought.reach(i, now);
        }
        now.cut(leaving[i]);
    }
    sought.close();
    return found;
}

}  // namespace curfew::statistics
