#include <curfew/gateway/edition.hpp>

#include <algorithm>

namespace curfew::gateway {

std::vector<route_rule> rules_of(const policy::policy& from) {
    std::vector<route_rule> rules;
    for (const policy::route_policy& route : from.routes) {
        route_rule& made = rules.emplace_back();
        made.name = route.name;
        made.host = route.host;
        made.prefix = route.path;
        for (const std::string& method : route.methods) {
            made.methods.add(http1::find_method_id(method));
        }
    }
    if (rules.empty()) {
        rules.emplace_back().derive = true;
    }
    return rules;
}

edition::edition(
    std::shared_ptr<const policy::policy> rules,
    std::vector<upstream_place> upstreams,
    std::shared_ptr<route_table> routes,
    limit_name_store& names,
    std::uint32_t generation
)
    : rules_{std::move(rules)},
      upstreams_{std::move(upstreams)},
      routes_{std::move(routes)},
      generation_{generation},
      places_{std::make_unique<std::atomic<std::uint16_t>[]>(routes_->capacity())} {
    for (const policy::route_policy& route : rules_->routes) {
        const auto named =
            std::ranges::find(rules_->upstreams, route.upstream, &policy::upstream_policy::name);
        const auto position = static_cast<std::size_t>(named - rules_->upstreams.begin());
        by_rule_.push_back({route.limits, position, names.keep(route.keys)});
    }
    if (by_rule_.empty()) {
        by_rule_.push_back({rules_->default_limits(), 0, {}});
    }
}

}  // namespace curfew::gateway
