#include "key.hpp"

#include <array>

namespace curfew::policy {

namespace {

constexpr std::array table{
    environment_default{"", "signal.vpc_connector_scaling.stretches", "database.connection x1.5"},
    environment_default{"", "signal.cloud_sql_capacity.stretches", "database.initialization x1.2"},
    environment_default{"", "signal.memory.sensor", "memory"},
    environment_default{"", "signal.cpu.sensor", "cpu"},
    environment_default{"", "signal.loop_lag.sensor", "loop_lag"},
    environment_default{"", "signal.psi_cpu.sensor", "psi_cpu"},
    environment_default{"", "signal.psi_memory.sensor", "psi_memory"},
    environment_default{"", "signal.psi_io.sensor", "psi_io"},
    environment_default{"", "kind.quick.timeout", "30s"},
    environment_default{"", "kind.quality.timeout", "30s"},
    environment_default{"", "kind.unit.timeout", "1m"},
    environment_default{"", "kind.coverage.timeout", "1m30s"},
    environment_default{"", "kind.integration.timeout", "2m"},
    environment_default{"", "kind.mission_critical.timeout", "2m"},
    environment_default{"", "kind.security.timeout", "3m"},
    environment_default{"", "kind.e2e.timeout", "5m"},
    environment_default{"", "kind.performance.timeout", "5m"},
    environment_default{"staging", "server.log_format", "json"},
    environment_default{"staging", "database.initialization", "95s"},
    environment_default{"staging", "database.connection", "75s"},
    environment_default{"staging", "startup.bypass", "true"},
    environment_default{"production", "server.log_format", "json"},
    environment_default{"production", "database.initialization", "90s"},
    environment_default{"production", "database.connection", "60s"},
};

}  // namespace

std::span<const environment_default> environment_defaults() noexcept {
    return table;
}

}  // namespace curfew::policy
