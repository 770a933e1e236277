#include <curfew/gateway/limit_names.hpp>

namespace curfew::gateway {

limit_names limit_name_store::keep(const policy::route_limit_keys& of) {
    return {
        keep(of.timeout),
        keep(of.body_idle),
        keep(of.in_flight),
        keep(of.queue),
        keep(of.adaptive),
        keep(of.reset)
    };
}

std::string_view limit_name_store::keep(std::string_view name) {
    const auto found = kept_.find(name);
    return found == kept_.end() ? *kept_.emplace(name).first : *found;
}

}  // namespace curfew::gateway
