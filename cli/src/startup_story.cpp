#include "startup_story.hpp"

#include <curfew/preflight/report.hpp>

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <span>

namespace curfew::cli {

namespace {

/// The name of a user, of this machine's own file alone: a directory service may be what hangs.
std::string name_of(uid_t id) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{
        std::fopen("/etc/passwd", "re"), &std::fclose
    };
    while (file) {
        const passwd* entry = ::fgetpwent(file.get());
        if (entry == nullptr) break;
        if (entry->pw_uid == id) return entry->pw_name;
    }
    return {};
}

/// "shop (1000)": who runs this process.
std::string user_text() {
    const uid_t id = ::getuid();
    const auto name = name_of(id);
    return (name.empty() ? "" : name + ' ') + '(' + std::to_string(id) + ')';
}

}  // namespace

std::vector<startup_story> stories_of(
    const preflight::examined& seen,
    std::string_view environment,
    std::string_view pressure,
    std::string_view until
) {
    std::vector<startup_story> all;
    for (const auto& each : seen.looks) {
        if (!each.wrong) continue;
        const auto& behind = each.wrong->behind;
        const auto found = std::string{to_string(each.wrong->kind)} + ": " + each.wrong->sentence;
        all.push_back({
            .level = policy::severity::warning,
            .sentence = "check " + each.name + " of the start: " + found + " (" +
                        details_of(behind, environment, pressure) + ')',
            .name = "check",
            .ended = behind.timed_out() ? outcome::timeout : outcome::failure,
            .said = each.name + ": " + found,
            .took = each.took,
            .behind = behind,
        });
    }
    if (seen.made.made == preflight::decision::block) {
        all.push_back({
            .level = policy::severity::error,
            .name = "block",
            .ended = outcome::failure,
            .said = seen.made.why,
            .took = seen.took,
        });
    }
    if (seen.made.made != preflight::decision::start_degraded) return all;
    all.push_back({
        .level = policy::severity::warning,
        .sentence = "started degraded: " + seen.made.why,
        .name = "bypass",
        .said = seen.made.why,
        .by = seen.made.told ? std::string{preflight::override_variable} + ", set by " + user_text()
                             : "the rules of " + std::string{environment},
        .until = std::string{until},
        .took = seen.took,
    });
    return all;
}

void with_event(
    const startup_story& of, time_point now, const std::function<void(const event&)>& use
) {
    const std::array attributes{
        event::attribute{"said", of.said},
        event::attribute{"by", of.by},
        event::attribute{"until", of.until},
    };
    event told;
    told.where = surface::startup;
    told.name = of.name;
    told.ended = of.ended;
    told.started = now - of.took;
    told.took = of.took;
    told.why = of.behind.ended_by;
    told.limit = of.behind.ended_by.limit;
    told.account = of.behind.account;
    told.attributes = std::span{attributes}.first(of.by.empty() ? 1 : attributes.size());
    use(told);
}

}  // namespace curfew::cli
