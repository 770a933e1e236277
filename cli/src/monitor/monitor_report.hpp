#pragma once

#include "monitor_figures.hpp"
#include <curfew/core/clock.hpp>

#include <string>

namespace curfew::cli {

/// What is told beside the figures.
struct monitor_frame {
    std::string name;   ///< "database"
    std::string where;  ///< "127.0.0.1:5432/shop"
    std::string environment;
    std::string pressure;  ///< "vpc_connector_scaling 1.00"; empty: none
    std::array<duration, probe_stages> limits{};
    double allowed = 0;  ///< `database.timeout_rate`
    duration length{};   ///< as it was asked for
    duration ran{};      ///< as it was
    std::uint64_t planned = 0;
};

/// "12/60 probes, 0 timed out, 0 failed; connect p95 4.1 ms, query p95 0.6 ms": the line that is
/// shown while it runs; no newline.
[[nodiscard]] std::string progress_line(const monitor_figures& of, std::uint64_t planned);

[[nodiscard]] std::string to_text(const monitor_figures& of, const monitor_frame& frame);

/// docs/schema/monitor.json
[[nodiscard]] std::string to_json(const monitor_figures& of, const monitor_frame& frame);

}  // namespace curfew::cli
