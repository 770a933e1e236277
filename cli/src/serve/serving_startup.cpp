#include "../startup_checks.hpp"
#include "ready_line.hpp"
#include "serving.hpp"
#include "start_complaint.hpp"

#include <utility>

namespace curfew::cli {

startup_desk::surroundings serving::startup_surroundings() {
    return {
        [this] { return pressure_.shape(rules_); },
        [this] { return pressure_.text(); },
        [this] { return pressure_.value_of(connector_signal) > 0; },
        [this](const startup_story& what) { tell_startup(what); },
    };
}

void serving::tell_startup(const startup_story& what) {
    log_.say(what.level, what.sentence);
    recording_.tell_startup(what, loop_.now());
}

void serving::tell_warnings(const std::vector<policy::problem>& all) {
    for (const auto& each : all) {
        log_.say(policy::severity::warning, each.origin + ": " + each.sentence);
    }
}

void serving::tell_override() {
    if (!told_to_start().value_or(false)) {
        return;
    }
    log_.say(
        policy::severity::warning,
        std::string{preflight::override_variable} +
            " is true: whatever checks of the start say is passed over"
    );
}

void serving::tell_descriptors() noexcept {
    const std::size_t wanted = rules_->server.connections_max;
    if (descriptors_.connections == wanted) {
        return;
    }
    const bool nearly_all = descriptors_.connections * 10 >= wanted * 9;
    log_.say(
        nearly_all ? policy::severity::info : policy::severity::warning,
        sentence_of(descriptors_, wanted)
    );
}

void serving::announce_ready() {
    if (std::exchange(announced_, true)) {
        return;
    }
    if (const int why = write_ready_line(http_at_, admin_at_)) {
        end_with(complain_about_ready_line(why));
        return;
    }
    tell_descriptors();
}

}  // namespace curfew::cli
