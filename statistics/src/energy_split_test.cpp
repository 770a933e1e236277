#include "energy_split.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace curfew::statistics {
namespace {

double mean_distance(std::span<const double> a, std::span<const double> b, double pairs) {
    double sum = 0;
    for (const double x : a) {
        for (const double y : b) {
            sum += std::abs(x - y);
        }
    }
    return sum / pairs;
}

// The definition, without a recurrence.
double energy(std::span<const double> values, std::size_t split) {
    const auto left = values.first(split);
    const auto right = values.subspan(split);
    const auto n = static_cast<double>(left.size());
    const auto m = static_cast<double>(right.size());
    const double distance = 2 * mean_distance(left, right, n * m) -
                            mean_distance(left, left, n * (n - 1)) -
                            mean_distance(right, right, m * (m - 1));
    return n * m / (n + m) * distance;
}

TEST(energy_split, is_where_the_definition_has_its_maximum) {
    std::mt19937_64 random{11};
    std::normal_distribution<double> noise;
    for (int round = 0; round < 100; ++round) {
        std::vector<double> values(8 + random() % 40);
        for (double& each : values) {
            each = noise(random);
        }
        const std::size_t found = energy_split(values, 3, values.size() - 3);
        double best = -1e300;
        for (std::size_t split = 3; split <= values.size() - 3; ++split) {
            best = std::max(best, energy(values, split));
        }
        ASSERT_NEAR(energy(values, found), best, 1e-9) << "round " << round;
    }
}

TEST(energy_split, finds_a_clean_step_wherever_it_is) {
    for (std::size_t step = 2; step <= 28; ++step) {
        std::vector<double> values(30, 1.0);
        std::fill(values.begin() + static_cast<std::ptrdiff_t>(step), values.end(), 4.0);
        EXPECT_EQ(energy_split(values, 2, 28), step);
    }
}

}  // namespace
}  // namespace curfew::statistics
