#include "route_names.hpp"

#include "clean_text.hpp"

#include <unordered_set>

namespace curfew::admin {

std::vector<std::string> route_names(const gateway::snapshot& now) {
    std::vector<std::string> names;
    std::unordered_set<std::string> taken;
    names.reserve(now.routes.size());
    for (const auto& route : now.routes) {
        const std::string given = clean_text(route.name);
        std::string name = given;
        for (int number = 2; !taken.insert(name).second; ++number) {
            name = given + " #" + std::to_string(number);
        }
        names.push_back(std::move(name));
    }
    return names;
}

}  // namespace curfew::admin
