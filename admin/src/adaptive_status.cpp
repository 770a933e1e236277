#include "adaptive_status.hpp"

#include "route_names.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace curfew::admin {

namespace {

using gateway::adaptive_snapshot;
using enum metric_type;

struct adaptive_route {
    const adaptive_snapshot& what;
    std::string labels;
};

using adaptive_routes = std::vector<adaptive_route>;

double seconds(duration time) {
    return std::chrono::duration<double>(time).count();
}

adaptive_routes label_routes(const gateway::snapshot& now) {
    const auto names = route_names(now);
    adaptive_routes routes;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto& route = now.routes[i];
        if (route.adaptive) {
            routes.push_back(
                {*route.adaptive, format_labels({{"route", names[i]}, {"upstream", route.upstream}})
                }
            );
        }
    }
    return routes;
}

void write_limits(exposition& out, const adaptive_routes& routes) {
    out.family("curfew_adaptive_limit_seconds", gauge, "The adaptive limit of a request.");
    for (const auto& [what, labels] : routes) {
        out.sample(labels, seconds(what.told.limit));
    }
    constexpr std::array states{
        adaptive_state::cold, adaptive_state::live, adaptive_state::widened
    };
    out.family("curfew_adaptive_state", gauge, "1 for the state the adaptive limit is in.");
    for (const auto& [what, labels] : routes) {
        for (const adaptive_state state : states) {
            const std::uint64_t in_it = what.told.state == state ? 1 : 0;
            out.sample(labels, {"state", to_string(state)}, in_it);
        }
    }
    out.family(
        "curfew_adaptive_answered_total",
        counter,
        "Requests answered well while the adaptive limit looked on, cut ones included."
    );
    for (const auto& [what, labels] : routes) {
        out.sample(labels, what.told.answered);
    }
}

void write_counts(
    exposition& out,
    const adaptive_routes& routes,
    bool cuts,
    std::string_view cut,
    std::string_view in_vain
) {
    const auto each = [&](std::string_view name, std::string_view help, auto count) {
        out.family(name, counter, help);
        for (const auto& [what, labels] : routes) {
            if (what.cuts == cuts) {
                out.sample(labels, count(what.told));
            }
        }
    };
    each(cut, "Requests that reached it and were, or would have been, cut.", [](const auto& told) {
        return told.cut;
    });
    each(in_vain, "Of these, those that were answered well all the same.", [](const auto& told) {
        return told.cut_in_vain;
    });
}

}  // namespace

std::string_view adaptive_mode_of(const adaptive_snapshot& what) noexcept {
    return what.cuts ? "on" : "observe";
}

void write_adaptive(json_writer& out, const gateway::route_snapshot& route) {
    if (!route.adaptive) {
        return;
    }
    const auto& [cuts, told] = *route.adaptive;
    const auto ms = [](duration time) {
        return std::chrono::ceil<std::chrono::milliseconds>(time).count();
    };
    out.key("adaptive");
    out.begin_object();
    out.member("mode", adaptive_mode_of(*route.adaptive));
    out.member("state", to_string(told.state));
    out.member("limit_ms", ms(told.limit));
    out.member("samples", told.samples);
    out.member("samples_min", told.samples_min);
    out.member("answered", told.answered);
    out.member("let_on", told.let_on);
    out.member(cuts ? "cut" : "would_cut", told.cut);
    out.member(cuts ? "cut_in_vain" : "would_cut_in_vain", told.cut_in_vain);
    if (!cuts) {
        out.member("would_save_ms", ms(told.saved));
    }
    out.end_object();
}

void write_adaptive(exposition& out, const gateway::snapshot& now) {
    const auto routes = label_routes(now);
    if (routes.empty()) {
        return;
    }
    write_limits(out, routes);
    const auto any = [&](bool cuts) {
        return std::ranges::any_of(routes, [&](const auto& of) { return of.what.cuts == cuts; });
    };
    if (any(true)) {
        write_counts(
            out, routes, true, "curfew_adaptive_cut_total", "curfew_adaptive_cut_in_vain_total"
        );
    }
    if (!any(false)) {
        return;
    }
    write_counts(
        out,
        routes,
        false,
        "curfew_adaptive_would_cut_total",
        "curfew_adaptive_would_cut_in_vain_total"
    );
    out.family(
        "curfew_adaptive_would_save_seconds_total",
        counter,
        "Waiting for requests that were never answered well, beyond the adaptive limit."
    );
    for (const auto& [what, labels] : routes) {
        if (!what.cuts) {
            out.sample(labels, seconds(what.told.saved));
        }
    }
}

}  // namespace curfew::admin
