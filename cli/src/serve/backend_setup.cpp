#include "backend_setup.hpp"

#include <curfew/ledger/place.hpp>

#include <unistd.h>

#include <cstdlib>
#include <random>
#include <string>

namespace curfew::cli {

namespace {

/// Where dumps of a hung backend go: the XDG state directory, if it can be written.
std::string dump_directory() {
    const auto file = ledger::default_path(std::getenv("XDG_STATE_HOME"), std::getenv("HOME"));
    if (!file || !ledger::make_directory_of(*file)) {
        return {};
    }
    const std::string at = file->substr(0, file->rfind('/'));
    return ::access(at.c_str(), W_OK) == 0 ? at : std::string{};
}

}  // namespace

process::backend_options backend_options_of(const policy::policy& rules) {
    const policy::backend_policy& from = rules.backend;
    process::backend_options made;
    made.seed = std::random_device{}();
    made.dump_directory = dump_directory();
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
