#include <curfew/policy/failure_kind.hpp>

#include <algorithm>

namespace curfew::policy {

std::string_view to_string(failure_kind kind) noexcept {
    switch (kind) {
        case failure_kind::database_timeout:
            return "database_timeout";
        case failure_kind::vpc_connector:
            return "vpc_connector";
        case failure_kind::cloud_sql_capacity:
            return "cloud_sql_capacity";
        case failure_kind::auth:
            return "auth";
        case failure_kind::config:
            return "config";
        case failure_kind::schema:
            return "schema";
        case failure_kind::network:
            return "network";
        case failure_kind::disk:
            return "disk";
        case failure_kind::unknown:
            break;
    }
    return "unknown";
}

std::optional<failure_kind> kind_named(std::string_view name) noexcept {
    const auto found = std::ranges::find(all_kinds, name, to_string);
    return found == all_kinds.end() ? std::nullopt : std::optional{*found};
}

}  // namespace curfew::policy
