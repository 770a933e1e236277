#include <curfew/statistics/series.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace curfew::statistics {

result<> check_series(std::span<const point> series) noexcept {
    for (std::size_t i = 0; i < series.size(); ++i) {
        const bool late_enough = i == 0 || series[i - 1].at <= series[i].at;
        if (!std::isfinite(series[i].value) || !late_enough) {
            return fail(errc::bad_usage, static_cast<std::int32_t>(i));
        }
    }
    return {};
}

void moments::add(double value) noexcept {
    ++count;
    const double before = value - mean;
    mean += before / static_cast<double>(count);
    squares += before * (value - mean);
}

double moments::variance() const noexcept {
    return count < 2 ? 0 : squares / static_cast<double>(count - 1);
}

double median_in_place(std::span<double> values) noexcept {
    if (values.empty()) {
        return 0;
    }
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    if (values.size() % 2 == 1) {
        return *middle;
    }
    return std::midpoint(*std::max_element(values.begin(), middle), *middle);
}

}  // namespace curfew::statistics
