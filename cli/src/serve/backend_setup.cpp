#include "backend_setup.hpp"

#include "../state_directory.hpp"

#include <random>
#include <string>

namespace curfew::cli {

process::backend_options backend_options_of(const policy::policy& rules) {
    const policy::backend_policy& from = rules.backend;
    process::backend_options made;
    made.seed = std::random_device{}();
    made.dump_directory = state_directory();
    made.what.arguments = from.command;
    made.limits.ready_timeout = from.ready_timeout;
    made.limits.live_interval = from.live_interval;
    made.limits.live_failures = from.live_failures;
    made.limits.backoff_min = from.backoff_min;
    made.limits.backoff_max = from.backoff_max;
    made.limits.crash_limit = from.crash_limit;
    made.limits.crash_window = from.crash_window;
    made.probe_timeout = from.live_timeout;
    made.stop.grace = from.grace;
    made.capture_output = from.prefix_output;
    made.prefix = rules.server.log_format == policy::log_shape::json ? "" : "backend | ";
    return made;
}

}  // namespace curfew::cli
