#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace curfew::policy {

/// What is wrong when a start-up check fails: who would have to act.
enum class failure_kind : std::uint8_t {
    database_timeout,    ///< the database did not answer in time
    vpc_connector,       ///< the way into the private network is starved, or not there yet
    cloud_sql_capacity,  ///< the database is there and takes nobody in: no connections, no memory
    auth,                ///< wrong credentials, or no right to do this
    config,              ///< we were told something that cannot be: a name, an address, a database
    schema,              ///< the database is not what the service was built for
    network,             ///< refused, unreachable, reset
    disk,                ///< full, read-only or failing
    unknown,             ///< no rule knows it
};

inline constexpr std::array all_kinds{
    failure_kind::database_timeout,
    failure_kind::vpc_connector,
    failure_kind::cloud_sql_capacity,
    failure_kind::auth,
    failure_kind::config,
    failure_kind::schema,
    failure_kind::network,
    failure_kind::disk,
    failure_kind::unknown,
};

/// "database_timeout"
[[nodiscard]] std::string_view to_string(failure_kind kind) noexcept;

/// Nothing for a name that is none.
[[nodiscard]] std::optional<failure_kind> kind_named(std::string_view name) noexcept;

}  // namespace curfew::policy
