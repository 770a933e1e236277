#include "startup_status.hpp"

namespace curfew::admin {

std::vector<std::string> startup_problems(const gateway::snapshot& now) {
    std::vector<std::string> problems;
    if (!now.startup) {
        return problems;
    }
    for (const auto& each : now.startup->failing) {
        problems.push_back(
            "check " + each.check + " of the start: " + each.kind + ": " + each.found
        );
    }
    return problems;
}

void write_startup(json_writer& out, const gateway::snapshot& now) {
    if (!now.startup) {
        return;
    }
    const auto& startup = *now.startup;
    out.key("startup");
    out.begin_object();
    out.member("degraded", startup.degraded);
    out.member("bypassed", startup.bypassed);
    out.member("told", startup.told);
    out.member("reason", startup.reason);
    out.key("failing");
    out.begin_array();
    for (const auto& each : startup.failing) {
        out.begin_object();
        out.member("check", each.check);
        out.member("kind", each.kind);
        out.member("found", each.found);
        out.end_object();
    }
    out.end_array();
    out.end_object();
}

void write_startup(exposition& out, const gateway::snapshot& now) {
    using enum metric_type;
    if (!now.startup) {
        return;
    }
    const auto& startup = *now.startup;
    out.family(
        "curfew_startup_bypassed", gauge, "1: it started although checks of the start failed."
    );
    out.sample("", std::uint64_t{startup.bypassed});
    out.family("curfew_startup_failing", gauge, "Checks of the start that fail still.");
    out.sample("", std::uint64_t{startup.failing.size()});
}

}  // namespace curfew::admin
