#include "startup_desk.hpp"

#include <curfew/policy/duration_text.hpp>
#include <curfew/runtime/loop.hpp>

#include <utility>

namespace curfew::cli {

namespace {

using policy::severity;

}  // namespace

startup_desk::startup_desk(
    runtime::loop& on,
    runtime::network& through,
    process::host& machine,
    const std::optional<preflight::examined>& seen,
    surroundings around
)
    : around_{std::move(around)},
      seen_{seen},
      recheck_{
          recheck_surroundings(on, through, machine),
          seen_ ? seen_->looks : std::vector<preflight::look>{}
      },
      scope_{on} {}

preflight::recheck::surroundings startup_desk::recheck_surroundings(
    runtime::loop& on, runtime::network& through, process::host& machine
) {
    return {
        on,
        through,
        machine,
        around_.rules,
        around_.connector_scales,
        [this](const preflight::look& what, std::string_view why) {
            around_.tell({
                .level = severity::warning,
                .sentence = "check " + what.name + " of the start: " + std::string{why},
                .name = "check",
                .ended = outcome::success,
                .said = what.name + ": " + std::string{why},
                .took = what.took,
            });
        },
    };
}

void startup_desk::begin() {
    if (!seen_) return;
    const auto rules = around_.rules();
    const auto pause = policy::format_duration(rules->startup.recheck);
    const auto until = "every check has passed, looked at every " + pause;
    for (auto& each : stories_of(*seen_, rules->environment, around_.pressure(), until)) {
        if (each.name == "bypass") each.sentence += "; looked at again every " + pause;
        around_.tell(each);
    }
    if (seen_->made.made == preflight::decision::start_degraded) tasks_.spawn(watch());
}

runtime::task<> startup_desk::watch() {
    const time_point began = scope_.on().now();
    auto looking = recheck_.run(scope_);
    co_await looking;
    if (recheck_.failing().empty()) {
        around_.tell({
            .level = severity::warning,
            .sentence = "healed: no check of the start fails any more",
            .name = "healed",
            .ended = outcome::success,
            .said = "no check of the start fails any more",
            .took = scope_.on().now() - began,
        });
    }
}

std::optional<gateway::startup_snapshot> startup_desk::state() const {
    if (!seen_) return std::nullopt;
    gateway::startup_snapshot now;
    now.reason = seen_->made.why;
    now.bypassed = seen_->made.made == preflight::decision::start_degraded;
    now.told = seen_->made.told;
    for (const auto& each : recheck_.failing()) {
        now.failing.push_back(
            {each.name, std::string{to_string(each.wrong->kind)}, each.wrong->sentence}
        );
    }
    now.degraded = !now.failing.empty();
    return now;
}

runtime::task<> startup_desk::close() {
    runtime::scope always{scope_.on()};
    scope_.end({cause_kind::shutdown});
    auto ending = tasks_.join(always);
    co_await ending;
}

}  // namespace curfew::cli
