#include <curfew/statistics/forecast.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace curfew::statistics {

namespace {

constexpr std::size_t first_fit = 5;
constexpr std::size_t errors_wanted = 19;

double seconds(duration length) noexcept {
    return std::chrono::duration<double>{length}.count();
}

// Theil's and Sen's line through a series that grows by one point at a time.
class growing_line {
  public:
    explicit growing_line(std::span<const point> series) : series_{series} {
        slopes_.reserve(series.size() * series.size() / 2);
    }

    void grow() {
        const point& added = series_[count_];
        for (const point& earlier : series_.first(count_)) {
            if (const double run = seconds(added.at - earlier.at); run > 0) {
                slopes_.push_back((added.value - earlier.value) / run);
            }
        }
        ++count_;
    }

    void fit() {
        slope_ = median_in_place(slopes_);
        std::vector<double> levels(count_);
        std::ranges::transform(series_.first(count_), levels.begin(), [this](const point& each) {
            return each.value - slope_ * seconds(each.at - series_[0].at);
        });
        level_ = median_in_place(levels);
    }

    [[nodiscard]] double slope() const noexcept { return slope_; }

    [[nodiscard]] double at(duration when) const noexcept {
        return level_ + slope_ * seconds(when - series_[0].at);
    }

  private:
    std::span<const point> series_;
    std::size_t count_ = 0;
    std::vector<double> slopes_;
    double slope_ = 0;
    double level_ = 0;
};

// How wrong each method was, by steps ahead.
struct track_record {
    std::vector<std::vector<double>> trend;
    std::vector<std::vector<double>> last;

    explicit track_record(std::size_t steps) : trend(steps), last(steps) {}

    void note(const growing_line& line, std::span<const point> known, std::span<const point> next) {
        const std::size_t steps = std::min(next.size(), trend.size());
        for (std::size_t i = 0; i < steps; ++i) {
            trend[i].push_back(std::abs(next[i].value - line.at(next[i].at)));
            last[i].push_back(std::abs(next[i].value - known.back().value));
        }
    }
};

double middle_error(const std::vector<std::vector<double>>& errors) {
    double sum = 0;
    for (std::vector<double> each : errors) {
        sum += median_in_place(each);
    }
    return sum;
}

std::optional<value_range> range_of(
    std::span<const double> sorted, double value, double share, double least
) noexcept {
    const double rank = std::ceil(share * static_cast<double>(sorted.size() + 1) - 1e-9);
    if (rank > static_cast<double>(sorted.size())) {
        return std::nullopt;
    }
    const double width = sorted[static_cast<std::size_t>(rank) - 1];
    return value_range{std::max(value - width, least), std::max(value + width, least)};
}

duration median_gap(std::span<const point> series) {
    std::vector<duration> gaps;
    for (std::size_t i = 1; i < series.size(); ++i) {
        gaps.push_back(series[i].at - series[i - 1].at);
    }
    const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
    std::ranges::nth_element(gaps, middle);
    return *middle;
}

// A third of the points, less where 19 errors at every step need it.
std::size_t points_before_test(std::size_t points, std::size_t steps) noexcept {
    const std::size_t spent = errors_wanted + steps - 1;
    const std::size_t spare = points > spent ? points - spent : 0;
    return std::max(first_fit, std::min(points / 3, spare));
}

}  // namespace

result<forecast> forecast_next(std::span<const point> series, std::size_t steps, double least) {
    if (const result<> sound = check_series(series); !sound) {
        return std::unexpected{sound.error()};
    }
    const auto used = series.last(std::min(series.size(), most_forecast_points));
    forecast made;
    const std::size_t ahead = std::min(steps, used.size() / 4);
    if (used.size() < fewest_forecast_points || ahead == 0) {
        return made;
    }
    growing_line line{used};
    track_record record{ahead};
    const std::size_t tested_from = points_before_test(used.size(), ahead);
    for (std::size_t known = 1; known <= used.size(); ++known) {
        line.grow();
        if (known >= tested_from) {
            line.fit();
            record.note(line, used.first(known), used.subspan(known));
        }
    }
    const bool is_trend = middle_error(record.trend) <= middle_error(record.last);
    made.method = is_trend ? forecast_method::trend : forecast_method::last;
    made.slope_a_second = is_trend ? line.slope() : 0;
    const duration gap = median_gap(used);
    for (std::size_t i = 0; i < ahead; ++i) {
        prediction next;
        next.at = used.back().at + gap * static_cast<duration::rep>(i + 1);
        next.value = std::max(is_trend ? line.at(next.at) : used.back().value, least);
        std::vector<double>& errors = (is_trend ? record.trend : record.last)[i];
        std::ranges::sort(errors);
        next.likely = range_of(errors, next.value, 0.8, least);
        next.nearly_sure = range_of(errors, next.value, 0.95, least);
        made.next.push_back(next);
    }
    return made;
}

}  // namespace curfew::statistics
