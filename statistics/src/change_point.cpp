#include "energy_split.hpp"
#include "levels.hpp"
#include "ranks.hpp"
#include <curfew/statistics/change_point.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace curfew::statistics {

namespace {

// Of a split that is kept for the merge: 10 times Hunter's 0.001, as there.
constexpr double weak_p = 0.01;
constexpr std::size_t narrowest_window = 20;
constexpr std::size_t widest_window = 1000;
constexpr std::size_t longest_side = 500;

struct candidate {
    std::size_t index = 0;
    level_change test{};
    double before = 0;
    double after = 0;
    double change = 0;
};

double trimmed_mean(std::span<const double> values) {
    std::vector<double> sorted(values.begin(), values.end());
    std::ranges::sort(sorted);
    const std::size_t trimmed = (sorted.size() + 9) / 10;
    moments middle;
    for (std::size_t i = trimmed; i + trimmed < sorted.size(); ++i) {
        middle.add(sorted[i]);
    }
    return middle.mean;
}

class search {
  public:
    search(std::vector<double> values, const change_point_options& options)
        : values_{std::move(values)}, options_{options} {}

    std::vector<candidate> run() {
        std::size_t start = 0;
        while (start + 2 * shortest_level <= values_.size()) {
            const std::size_t end = std::min(start + options_.window, values_.size());
            const std::size_t newest = split(start, end);
            start = std::max(newest, start + options_.window / 2);
        }
        std::ranges::sort(splits_);
        splits_.erase(std::ranges::unique(splits_).begin(), splits_.end());
        return merge();
    }

  private:
    struct range {
        std::size_t begin;
        std::size_t end;
    };

    // Splits a window and its parts as long as the sides differ; the last split, or 0.
    std::size_t split(std::size_t begin, std::size_t end) {
        std::size_t newest = 0;
        std::vector<range> open{{begin, end}};
        while (!open.empty()) {
            const range part = open.back();
            open.pop_back();
            if (part.end - part.begin < 2 * shortest_level) {
                continue;
            }
            const auto inside = std::span{values_}.subspan(part.begin, part.end - part.begin);
            const std::size_t at = energy_split(
                normal_scores(midranks(inside)), shortest_level, inside.size() - shortest_level
            );
            if (compare_levels(inside, at).plain_p > weak_p) {
                continue;
            }
            splits_.push_back(part.begin + at);
            newest = std::max(newest, part.begin + at);
            open.push_back({part.begin, part.begin + at});
            open.push_back({part.begin + at, part.end});
        }
        return newest;
    }

    std::vector<candidate> merge() {
        std::vector<candidate> kept(splits_.size());
        for (std::size_t i = 0; i < kept.size(); ++i) {
            kept[i].index = splits_[i];
        }
        drop_weak(kept);
        for (std::size_t i = 0; i < kept.size(); ++i) {
            settle(kept, i);
        }
        drop_weak(kept);
        return kept;
    }

    // Drops the weakest until all that are left are sure and large enough.
    void drop_weak(std::vector<candidate>& kept) const {
        for (std::size_t i = 0; i < kept.size(); ++i) {
            judge(kept, i);
        }
        while (const std::optional<std::size_t> weakest = to_drop(kept)) {
            kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(*weakest));
            if (*weakest > 0) {
                judge(kept, *weakest - 1);
            }
            if (*weakest < kept.size()) {
                judge(kept, *weakest);
            }
        }
    }

    // Ranks say that there is a change better than where. Moves it to the place nearby that leaves
    // the least distance from the medians of both sides; too near an edge, the next judgement
    // drops it.
    void settle(std::vector<candidate>& all, std::size_t i) const {
        const auto [begin, end] = around(all, i);
        const std::size_t from = all[i].index - std::min(shortest_level, all[i].index - begin - 1);
        const std::size_t to = std::min(all[i].index + shortest_level, end - 1);
        const double before = median_of(begin, all[i].index);
        const double after = median_of(all[i].index, end);
        const auto misfit = [&](std::size_t place) {
            double sum = 0;
            for (std::size_t j = from; j < to; ++j) {
                sum += std::abs(values_[j] - (j < place ? before : after));
            }
            return sum;
        };
        std::size_t best = all[i].index;
        double least = misfit(best);
        for (std::size_t place = from; place <= to; ++place) {
            if (const double here = misfit(place); here < least) {
                least = here;
                best = place;
            }
        }
        all[i].index = best;
    }

    [[nodiscard]] double median_of(std::size_t begin, std::size_t end) const {
        std::vector<double> level(
            values_.begin() + static_cast<std::ptrdiff_t>(begin),
            values_.begin() + static_cast<std::ptrdiff_t>(end)
        );
        return median_in_place(level);
    }

    // The levels on both sides, as far as they are compared.
    [[nodiscard]] range around(const std::vector<candidate>& all, std::size_t i) const noexcept {
        const std::size_t index = all[i].index;
        const std::size_t begin = i == 0 ? 0 : all[i - 1].index;
        const std::size_t end = i + 1 == all.size() ? values_.size() : all[i + 1].index;
        return {
            std::max(begin, index - std::min(index, longest_side)),
            std::min(end, index + longest_side),
        };
    }

    void judge(std::vector<candidate>& all, std::size_t i) const {
        const auto [begin, end] = around(all, i);
        candidate& it = all[i];
        if (it.index - begin < shortest_level || end - it.index < shortest_level) {
            it.test = {};
            return;
        }
        it.test = compare_levels(std::span{values_}.subspan(begin, end - begin), it.index - begin);
        it.test.p = std::min(1.0, it.test.p * static_cast<double>(values_.size()));
        it.before = trimmed_mean(std::span{values_}.subspan(begin, it.index - begin));
        it.after = trimmed_mean(std::span{values_}.subspan(it.index, end - it.index));
        it.change = it.after == it.before ? 0 : (it.after - it.before) / std::abs(it.before);
    }

    [[nodiscard]] std::optional<std::size_t> to_drop(const std::vector<candidate>& all) const {
        const auto unsure =
            std::ranges::max_element(all, {}, [](const candidate& each) { return each.test.p; });
        if (unsure == all.end()) {
            return std::nullopt;
        }
        if (unsure->test.p > options_.max_p_value) {
            return unsure - all.begin();
        }
        const auto small = std::ranges::min_element(all, {}, [](const candidate& each) {
            return std::abs(each.change);
        });
        if (small->change == 0 || std::abs(small->change) < options_.min_change) {
            return small - all.begin();
        }
        return std::nullopt;
    }

    std::vector<double> values_;
    const change_point_options& options_;
    std::vector<std::size_t> splits_;
};

bool is_valid(const change_point_options& options) noexcept {
    return options.max_p_value > 0 && options.max_p_value <= 1 && options.min_change >= 0 &&
           options.window >= narrowest_window && options.window <= widest_window;
}

}  // namespace

result<std::vector<change_point>> find_change_points(
    std::span<const point> series, const change_point_options& options
) {
    if (series.size() > most_series_points || !is_valid(options)) {
        return fail(errc::bad_usage, -1);
    }
    if (const result<> sound = check_series(series); !sound) {
        return std::unexpected{sound.error()};
    }
    std::vector<double> values(series.size());
    std::ranges::transform(series, values.begin(), &point::value);
    std::vector<change_point> found;
    for (const candidate& each : search{std::move(values), options}.run()) {
        found.push_back({
            each.index,
            series[each.index].at,
            each.test.is_line ? change_shape::drift : change_shape::step,
            each.before,
            each.after,
            each.change,
            each.test.p,
        });
    }
    return found;
}

}  // namespace curfew::statistics
