#include "building.hpp"
#include "orders.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <variant>

namespace curfew::policy {

namespace {

using namespace std::chrono_literals;

/// What is usual for a time in one environment.
struct guideline {
    std::string_view environment;
    std::string_view path;
    duration low;
    duration high;
};

constexpr std::array table{
    guideline{"development", "database.initialization", 20s, 30s},
    guideline{"development", "database.connection", 20s, 30s},
    guideline{"staging", "database.initialization", 75s, 95s},
    guideline{"staging", "database.connection", 75s, 95s},
    guideline{"production", "database.initialization", 60s, 90s},
    guideline{"production", "database.connection", 60s, 90s},
};

}  // namespace

void check_guidelines(building& of) {
    for (const auto& [environment, path, low, high] : table) {
        if (environment != of.made.environment || !of.is_set(path)) continue;
        const auto value = *std::get<duration*>(of.place(path));
        if (value >= low && value <= high) continue;
        of.wrong().warn(
            of.setter(path),
            with_value(of, path) + " is outside the guideline for " + of.made.environment + ", " +
                print_bound(low) + " to " + print_bound(high),
            value < low ? "what starts cold takes longer" : "what takes longer rarely comes at all"
        );
    }
}

}  // namespace curfew::policy
