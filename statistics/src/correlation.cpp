#include "ranks.hpp"
#include <curfew/statistics/correlation.hpp>
#include <curfew/statistics/distributions.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace curfew::statistics {

namespace {

// Ranks around their mean, with their sum of squares.
struct centred_ranks {
    std::vector<double> values;
    double squares = 0;

    explicit centred_ranks(std::vector<double> ranks) : values{std::move(ranks)} {
        const double mean = (static_cast<double>(values.size()) + 1) / 2;
        for (double& each : values) {
            each -= mean;
            squares += each * each;
        }
    }

    // The correlation of neighbours, its bias corrected (M. G. Kendall, 1954).
    [[nodiscard]] double persistence() const noexcept {
        double neighbours = 0;
        for (std::size_t i = 1; i < values.size(); ++i) {
            neighbours += values[i] * values[i - 1];
        }
        const double raw = neighbours / squares;
        return std::clamp(raw + (1 + 4 * raw) / static_cast<double>(values.size()), 0.0, 0.99);
    }
};

double coefficient(const centred_ranks& first, const centred_ranks& second) noexcept {
    double product = 0;
    for (std::size_t i = 0; i < first.values.size(); ++i) {
        product += first.values[i] * second.values[i];
    }
    return std::clamp(product / std::sqrt(first.squares * second.squares), -1.0, 1.0);
}

// As chance would have it: with ties in an order of their own, so that Student's t holds.
double p_value(std::span<const double> cause, std::span<const double> effect, double pairs) {
    const double rank = coefficient(
        centred_ranks{scrambled_ranks(cause, 1)}, centred_ranks{scrambled_ranks(effect, 2)}
    );
    const double freedom = pairs - 2;
    const double rest = (1 - rank) * (1 + rank);
    return rest <= 0 ? 0 : student_t_two_sided(rank * std::sqrt(freedom / rest), freedom);
}

correlation at_lag(std::span<const double> cause, std::span<const double> effect, std::size_t lag) {
    cause = cause.first(cause.size() - lag);
    effect = effect.subspan(lag);
    const centred_ranks first{midranks(cause)};
    const centred_ranks second{midranks(effect)};
    correlation found;
    found.lag = lag;
    found.pairs = first.values.size();
    if (first.squares <= 0 || second.squares <= 0) {
        found.basis = correlation_basis::constant;
        return found;
    }
    found.basis = correlation_basis::known;
    found.rank = coefficient(first, second);
    const double shared = first.persistence() * second.persistence();
    found.effective_pairs =
        std::max(3.0, static_cast<double>(found.pairs) * (1 - shared) / (1 + shared));
    found.p_value = p_value(cause, effect, found.effective_pairs);
    return found;
}

result<> check(std::span<const double> cause, std::span<const double> effect) noexcept {
    if (cause.size() != effect.size() || cause.size() > most_pairs) {
        return fail(errc::bad_usage, -1);
    }
    for (std::size_t i = 0; i < cause.size(); ++i) {
        if (!std::isfinite(cause[i]) || !std::isfinite(effect[i])) {
            return fail(errc::bad_usage, static_cast<std::int32_t>(i));
        }
    }
    return {};
}

}  // namespace

result<correlation> correlate(
    std::span<const double> cause, std::span<const double> effect, std::size_t longest_lag
) {
    if (const result<> sound = check(cause, effect); !sound) {
        return std::unexpected{sound.error()};
    }
    if (cause.size() < fewest_pairs) {
        correlation unknown;
        unknown.pairs = cause.size();
        return unknown;
    }
    const std::size_t last = std::min(longest_lag, cause.size() - fewest_pairs);
    correlation best = at_lag(cause, effect, 0);
    for (std::size_t lag = 1; lag <= last; ++lag) {
        const correlation next = at_lag(cause, effect, lag);
        const bool first_known = best.basis != correlation_basis::known;
        if (next.basis == correlation_basis::known &&
            (first_known || next.p_value < best.p_value)) {
            best = next;
        }
    }
    best.p_value = std::min(1.0, best.p_value * static_cast<double>(last + 1));
    return best;
}

}  // namespace curfew::statistics
