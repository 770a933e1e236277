#include "startup_desk.hpp"

#include <curfew/policy/duration_text.hpp>
#include <curfew/runtime/loop.hpp>

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace curfew::cli {

namespace {

using policy::severity;

/// "shop (1000)": who runs this process.
std::string user_text() {
    const uid_t id = ::getuid();
    std::array<char, 4096> room{};
    passwd entry{};
    passwd* found = nullptr;
    const bool named = ::getpwuid_r(id, &entry, room.data(), room.size(), &found) == 0;
    const std::string name = named && found != nullptr ? std::string{entry.pw_name} + ' ' : "";
    return name + '(' + std::to_string(id) + ')';
}

std::string sentence_of(const preflight::look& of) {
    return "check " + of.name + " of the start: " + std::string{to_string(of.wrong->kind)} + ": " +
           of.wrong->sentence;
}

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
    for (const auto& each : seen_->looks) {
        if (!each.wrong) continue;
        around_.tell({
            .level = severity::warning,
            .sentence = sentence_of(each),
            .name = "check",
            .ended = outcome::failure,
            .said = each.name + ": " + std::string{to_string(each.wrong->kind)} + ": " +
                    each.wrong->sentence,
            .took = each.took,
        });
    }
    const auto& made = seen_->made;
    if (made.made != preflight::decision::start_degraded) return;
    const auto pause = policy::format_duration(around_.rules()->startup.recheck);
    around_.tell({
        .level = severity::warning,
        .sentence = "started degraded: " + made.why + "; looked at again every " + pause,
        .name = "bypass",
        .said = made.why,
        .by = made.told ? std::string{preflight::override_variable} + ", set by " + user_text()
                        : "the rules of " + around_.rules()->environment,
        .until = "every check has passed, looked at every " + pause,
        .took = seen_->took,
    });
    tasks_.spawn(watch());
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
