#include "address_turns.hpp"

#include <algorithm>

namespace curfew::ledger {

std::string address_turns::choose(const std::string& place, std::span<const std::string> found) {
    const auto is_new = [&](const std::string& address) {
        return std::ranges::find(tried_, std::pair{place, address}) == tried_.end();
    };
    if (tried_.size() == tried_max) {
        tried_.clear();
    }
    auto next = std::ranges::find_if(found, is_new);
    if (next == found.end()) {
        std::erase_if(tried_, [&](const auto& each) { return each.first == place; });
        next = found.begin();
    }
    tried_.emplace_back(place, *next);
    return *next;
}

}  // namespace curfew::ledger
