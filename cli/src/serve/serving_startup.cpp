#include "../startup_checks.hpp"
#include "serving.hpp"

namespace curfew::cli {

startup_desk::surroundings serving::startup_surroundings() {
    return {
        [this] { return pressure_.shape(rules_); },
        [this] { return pressure_.value_of(connector_signal) > 0; },
        [this](const startup_desk::story& what) { tell_startup(what); },
    };
}

void serving::tell_startup(const startup_desk::story& what) {
    log_.say(what.level, what.sentence);
    recording_.tell_startup(what, loop_.now());
}

}  // namespace curfew::cli
