#include "sensor.hpp"

#include "slot.hpp"

#include <algorithm>
#include <array>

namespace curfew::policy {

namespace {

constexpr std::array table{
    sensor_row{.name = "none", .documentation = "Nothing: it is told from outside."},
    sensor_row{
        .name = "memory",
        .unit = measure::share,
        .begins = "80%",
        .full = "95%",
        .documentation = "The part of the memory there is that is in use."
    },
    sensor_row{
        .name = "cpu",
        .unit = measure::share,
        .begins = "80%",
        .full = "100%",
        .documentation = "The part of the processors there are that is busy."
    },
    sensor_row{
        .name = "psi_cpu",
        .unit = measure::share,
        .begins = "10%",
        .full = "60%",
        .documentation = "The part of the time in which something waited for a processor (PSI)."
    },
    sensor_row{
        .name = "psi_memory",
        .unit = measure::share,
        .begins = "10%",
        .full = "60%",
        .documentation = "The part of the time in which something waited for memory (PSI)."
    },
    sensor_row{
        .name = "psi_io",
        .unit = measure::share,
        .begins = "10%",
        .full = "60%",
        .documentation = "The part of the time in which something waited for a disk (PSI)."
    },
    sensor_row{
        .name = "loop_lag",
        .unit = measure::time,
        .begins = "10ms",
        .full = "100ms",
        .documentation = "How late the event loops of Curfew are."
    },
    sensor_row{
        .name = "connect_latency",
        .unit = measure::time,
        .begins = "100ms",
        .full = "1s",
        .documentation = "How long it takes to connect, on average."
    },
    sensor_row{
        .name = "pool_wait",
        .unit = measure::time,
        .begins = "50ms",
        .full = "1s",
        .documentation = "How long a place or a connection of a pool is waited for, on average."
    },
};

constexpr auto table_names = [] {
    std::array<std::string_view, table.size()> names;
    std::ranges::transform(table, names.begin(), &sensor_row::name);
    return names;
}();

static_assert(table.size() == static_cast<std::size_t>(sensor::pool_wait) + 1);

}  // namespace

std::span<const sensor_row> sensors() noexcept {
    return table;
}

const sensor_row& row_of(sensor which) noexcept {
    return table[static_cast<std::size_t>(which)];
}

std::span<const std::string_view> names_of(sensor) noexcept {
    return table_names;
}

}  // namespace curfew::policy
