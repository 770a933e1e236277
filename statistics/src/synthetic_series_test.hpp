#pragma once

#include <curfew/statistics/series.hpp>

#include <cmath>
#include <cstddef>
#include <functional>
#include <random>
#include <string_view>
#include <vector>

namespace curfew::statistics {

using random_bits = std::mt19937_64;

/// Noise around zero, of unit size in its middle.
struct noise {
    std::string_view name;
    std::function<std::vector<double>(random_bits&, std::size_t)> make;
};

template <class Distribution>
noise independent(std::string_view name, Distribution distribution, double centre = 0) {
    return {name, [=](random_bits& random, std::size_t count) {
                Distribution each = distribution;
                std::vector<double> values(count);
                for (double& value : values) {
                    value = static_cast<double>(each(random)) - centre;
                }
                return values;
            }};
}

/// A value that keeps `kept` of the one before.
inline noise autoregressive(std::string_view name, double kept) {
    return {name, [=](random_bits& random, std::size_t count) {
                std::normal_distribution<double> shock;
                std::vector<double> values(count);
                double value = shock(random) / std::sqrt(1 - kept * kept);
                for (double& each : values) {
                    each = value;
                    value = kept * value + shock(random);
                }
                return values;
            }};
}

inline noise white() {
    return independent("white", std::normal_distribution<double>{});
}

inline noise random_walk() {
    return {"random walk", [](random_bits& random, std::size_t count) {
                std::normal_distribution<double> shock;
                std::vector<double> values(count);
                double value = 0;
                for (double& each : values) {
                    each = value += shock(random);
                }
                return values;
            }};
}

/// One point a minute, each level(index) + size * noise.
template <class Level>
std::vector<point> minutes(const std::vector<double>& noise, double size, Level level) {
    std::vector<point> series(noise.size());
    for (std::size_t i = 0; i < series.size(); ++i) {
        series[i] = {std::chrono::minutes{i}, level(i) + size * noise[i]};
    }
    return series;
}

}  // namespace curfew::statistics
