#include <curfew/clients/pg/ways.hpp>

#include <algorithm>

namespace curfew::pg {

std::size_t ways(const target& where, found_addresses all) noexcept {
    const bool needs_none =
        std::ranges::any_of(where.places(), [](const auto& one) { return !one.is_named(); });
    std::size_t most = needs_none ? 1 : 0;
    for (const auto& each : all) {
        most = std::max(most, each.size());
    }
    return most;
}

std::vector<std::string> way(found_addresses all, std::size_t which) {
    std::vector<std::string> made;
    for (const auto& each : all) {
        made.push_back(each.empty() ? std::string{} : each[std::min(which, each.size() - 1)]);
    }
    return made;
}

}  // namespace curfew::pg
