#include "adaptive_status.hpp"
#include "alerts_status.hpp"
#include "exposition.hpp"
#include "ledger_status.hpp"
#include "route_names.hpp"
#include "startup_status.hpp"
#include <curfew/admin/metrics.hpp>

#include <array>
#include <span>
#include <vector>

namespace curfew::admin {

namespace {

using enum metric_type;
using gateway::endpoint_snapshot;
using gateway::route_numbers;
using gateway::route_snapshot;
using gateway::snapshot;
using gateway::upstream_snapshot;

/// A subject of samples (a route, an upstream, an endpoint) and its labels.
template <class T>
struct labelled {
    const T& what;
    std::string labels;
};

using labelled_routes = std::vector<labelled<route_snapshot>>;

/// A family with one sample for each subject.
template <class T>
struct series {
    std::string_view name;
    metric_type type;
    std::string_view help;
    std::uint64_t (*value)(const T&);
};

template <auto Member, class T>
std::uint64_t value(const T& of) {
    return static_cast<std::uint64_t>(of.*Member);
}

template <auto Member>
std::uint64_t number(const route_snapshot& of) {
    return of.numbers.*Member;
}

constexpr series<snapshot> totals[] = {
    {"curfew_ready", gauge, "1 when ready to serve.", value<&snapshot::ready>},
    {"curfew_draining", gauge, "1 while stopping.", value<&snapshot::draining>},
    {"curfew_observe", gauge, "1 when guards refuse nothing.", value<&snapshot::observe>},
    {"curfew_in_flight", gauge, "Requests admitted and not over.", value<&snapshot::in_flight>},
    {"curfew_in_flight_limit",
     gauge,
     "How many may be in flight.",
     value<&snapshot::in_flight_cap>},
    {"curfew_queued", gauge, "Requests waiting for a place.", value<&snapshot::queued>},
    {"curfew_connections", gauge, "Client connections open.", value<&snapshot::connections>},
    {"curfew_connections_limit",
     gauge,
     "How many may be open: server.connections_max, or what the descriptors are enough for.",
     value<&snapshot::connections_limit>},
    {"curfew_connections_accepted_total",
     counter,
     "Client connections accepted.",
     value<&snapshot::connections_accepted>},
    {"curfew_connections_let_go_total",
     counter,
     "Client connections closed at rest, to make room for new ones.",
     value<&snapshot::connections_let_go>},
    {"curfew_bad_requests_total",
     counter,
     "Requests refused before their route was known.",
     value<&snapshot::bad_requests>},
};

constexpr series<process::process_sample> of_process[] = {
    {"process_resident_memory_bytes",
     gauge,
     "Resident memory.",
     value<&process::process_sample::resident_bytes>},
    {"curfew_memory_limit_bytes",
     gauge,
     "Of the cgroup, else of the machine; 0: unknown.",
     value<&process::process_sample::memory_limit>},
};

constexpr series<upstream_snapshot> of_upstream[] = {
    {"curfew_upstream_up",
     gauge,
     "0 while its backend is down or restarting, or none of its endpoints takes connections.",
     value<&upstream_snapshot::up>},
    {"curfew_upstream_limit", gauge, "The adaptive limit.", value<&upstream_snapshot::limit>},
    {"curfew_upstream_route_limit",
     gauge,
     "How many of its places one route may hold.",
     value<&upstream_snapshot::route_cap>},
    {"curfew_upstream_in_flight",
     gauge,
     "Places held, abandoned ones included.",
     value<&upstream_snapshot::in_flight>},
    {"curfew_upstream_abandoned",
     gauge,
     "Places held by work whose answer was given up.",
     value<&upstream_snapshot::abandoned>},
    {"curfew_upstream_detached", gauge, "Event streams open.", value<&upstream_snapshot::detached>},
    {"curfew_upstream_queued", gauge, "Waiting for a place.", value<&upstream_snapshot::queued>},
};

constexpr series<endpoint_snapshot> of_endpoint[] = {
    {"curfew_endpoint_healthy",
     gauge,
     "0 while it is skipped: it takes no connections, or requests hang or fail at it.",
     value<&endpoint_snapshot::healthy>},
    {"curfew_endpoint_in_flight",
     gauge,
     "Requests it is serving.",
     value<&endpoint_snapshot::in_flight>},
    {"curfew_endpoint_idle_connections",
     gauge,
     "Kept-alive connections at rest.",
     value<&endpoint_snapshot::idle>},
    {"curfew_endpoint_connects_total",
     counter,
     "Connections opened.",
     value<&endpoint_snapshot::connects>},
    {"curfew_endpoint_connect_failures_total",
     counter,
     "Connections that could not be opened.",
     value<&endpoint_snapshot::connect_failures>},
    {"curfew_endpoint_rests_total",
     counter,
     "Times that it was set aside because requests hung or failed at it.",
     value<&endpoint_snapshot::rests>},
};

constexpr series<route_snapshot> of_route[] = {
    {"curfew_route_in_flight",
     gauge,
     "Places held, abandoned ones included.",
     value<&route_snapshot::in_flight>},
    {"curfew_route_abandoned",
     gauge,
     "Places held by work whose answer was given up.",
     value<&route_snapshot::abandoned>},
    {"curfew_route_hanging",
     gauge,
     "In flight far beyond the usual time.",
     value<&route_snapshot::hanging>},
    {"curfew_route_queued", gauge, "Waiting for a place.", value<&route_snapshot::queued>},
    {"curfew_breaker_opened_total",
     counter,
     "Times the breaker has opened.",
     value<&route_snapshot::breaker_opened>},
    {"curfew_route_held_back_total",
     counter,
     "Times it was held back because its requests brought the backend down.",
     value<&route_snapshot::times_held_back>},
    {"curfew_slow_requests_total",
     counter,
     "Requests over the slow-request limit.",
     number<&route_numbers::slow>},
    {"curfew_retried_requests_total",
     counter,
     "Requests repeated on a fresh connection.",
     number<&route_numbers::retried>},
};

constexpr series<route_snapshot> of_observed_route[] = {
    {"curfew_would_refuse_by_breaker_total",
     counter,
     "What breakers would have refused, were this not an observing gateway.",
     value<&route_snapshot::would_refuse_by_breaker>},
    {"curfew_would_queue_total",
     counter,
     "Requests that would have waited for a place, were this not an observing gateway.",
     value<&route_snapshot::would_queue>},
};

template <class T, std::size_t Size>
void write(exposition& out, const series<T> (&families)[Size], std::span<const labelled<T>> all) {
    for (const series<T>& family : families) {
        out.family(family.name, family.type, family.help);
        for (const labelled<T>& one : all) {
            out.sample(one.labels, family.value(one.what));
        }
    }
}

template <class T, std::size_t Size>
void write(exposition& out, const series<T> (&families)[Size], const T& only) {
    const labelled<T> alone{only, ""};
    write(out, families, std::span{&alone, 1});
}

/// The counts of one route by the members of an enumeration; those never counted are left out.
template <class Enum, std::size_t Size>
void write_counted(
    exposition& out,
    std::string_view labels,
    std::string_view by,
    const std::array<std::uint64_t, Size>& counts
) {
    for (std::size_t i = 0; i < Size; ++i) {
        if (counts[i] != 0) {
            out.sample(labels, {by, to_string(static_cast<Enum>(i))}, counts[i]);
        }
    }
}

void write_build(exposition& out, const snapshot& now) {
    out.family("curfew_build_info", gauge, "Always 1; the version is in the label.");
    out.sample(format_labels({{"version", now.version}}), std::uint64_t{1});
    out.family("curfew_uptime_seconds", gauge, "Time since the start.");
    out.sample("", std::chrono::duration<double>(now.uptime).count());
}

void write_backend(exposition& out, const gateway::backend_snapshot& backend) {
    if (backend.state.empty()) {
        return;
    }
    out.family("curfew_backend_ready", gauge, "1 when the supervised backend is ready.");
    out.sample("", std::uint64_t{backend.state == "ready"});
    out.family("curfew_backend_restarts_total", counter, "Restarts of the supervised backend.");
    out.sample("", backend.restarts);
}

void write_policy(exposition& out, const gateway::policy_snapshot& policy) {
    out.family(
        "curfew_policy_generation", gauge, "1 for the policy of the start; 1 more a reload."
    );
    out.sample("", std::uint64_t{policy.generation});
    out.family("curfew_policy_reloads_total", counter, "Reloads, by what came of them.");
    out.sample("", {"result", "applied"}, policy.reloads);
    out.sample("", {"result", "refused"}, policy.refused);
    out.family("curfew_policy_last_reload_successful", gauge, "0 when the last one was refused.");
    out.sample("", std::uint64_t{!policy.last_refused});
    out.family(
        "curfew_policy_earlier_in_use", gauge, "Earlier policies that requests in flight hold."
    );
    out.sample("", std::uint64_t{policy.earlier_in_use});
}

void write_pressure(exposition& out, const snapshot& now) {
    out.family("curfew_pressure", gauge, "Signs that the environment struggles, from 0 to 1.");
    for (const gateway::pressure_snapshot& each : now.pressure) {
        out.sample(format_labels({{"signal", each.name}}), each.value);
    }
}

void write_upstreams(exposition& out, const snapshot& now) {
    std::vector<labelled<upstream_snapshot>> upstreams;
    std::vector<labelled<endpoint_snapshot>> endpoints;
    for (const auto& upstream : now.upstreams) {
        const label its_name{"upstream", upstream.name};
        upstreams.push_back({upstream, format_labels({its_name})});
        for (const auto& endpoint : upstream.endpoints) {
            const label address{"endpoint", endpoint.address};
            endpoints.push_back({endpoint, format_labels({its_name, address})});
        }
    }
    write(out, of_upstream, std::span<const labelled<upstream_snapshot>>{upstreams});
    write(out, of_endpoint, std::span<const labelled<endpoint_snapshot>>{endpoints});
}

void write_breakers(exposition& out, const labelled_routes& routes) {
    constexpr std::array states{
        breaker_state::closed, breaker_state::open, breaker_state::half_open
    };
    out.family("curfew_breaker_state", gauge, "1 for the state the breaker is in.");
    for (const auto& route : routes) {
        for (const breaker_state state : states) {
            const std::uint64_t in_it = route.what.breaker == state ? 1 : 0;
            out.sample(route.labels, {"state", to_string(state)}, in_it);
        }
    }
}

void write_ends(exposition& out, const labelled_routes& routes) {
    out.family("curfew_requests_total", counter, "Requests ended, by outcome.");
    for (const auto& route : routes) {
        const auto& counts = route.what.numbers.by_outcome;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            out.sample(route.labels, {"outcome", to_string(static_cast<outcome>(i))}, counts[i]);
        }
    }
    constexpr std::array classes{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
    out.family("curfew_responses_total", counter, "Answers by class; none: not answered.");
    for (const auto& route : routes) {
        for (std::size_t i = 0; i < classes.size(); ++i) {
            out.sample(route.labels, {"class", classes[i]}, route.what.numbers.by_status[i]);
        }
    }
}

void write_reasons(exposition& out, const labelled_routes& routes, bool observe) {
    out.family("curfew_request_causes_total", counter, "Requests ended, by what decided it.");
    for (const auto& [route, labels] : routes) {
        write_counted<cause_kind>(out, labels, "cause", route.numbers.by_cause);
    }
    out.family("curfew_refusals_total", counter, "Requests shed, by reason.");
    for (const auto& [route, labels] : routes) {
        write_counted<shed_reason>(out, labels, "reason", route.numbers.by_refusal);
    }
    if (observe) {
        out.family("curfew_would_refuse_total", counter, "Would have been shed, by reason.");
        for (const auto& [route, labels] : routes) {
            write_counted<shed_reason>(out, labels, "reason", route.would_refuse);
        }
        write(out, of_observed_route, std::span{routes});
    }
}

void write_times(exposition& out, const labelled_routes& routes) {
    out.family(
        "curfew_request_duration_seconds",
        metric_type::histogram,
        "Time from arrival to the last byte, refusals too."
    );
    for (const auto& [route, labels] : routes) {
        out.histogram_samples(labels, route.numbers.whole);
    }
    out.family(
        "curfew_upstream_duration_seconds",
        metric_type::histogram,
        "From the asking of an upstream to its response headers, of the requests that it answered. "
        "One "
        "that never was is not in it: see curfew_requests_total{outcome=\"timeout\"}, and while it "
        "lasts curfew_route_in_flight and curfew_route_hanging."
    );
    for (const auto& [route, labels] : routes) {
        out.histogram_samples(labels, route.numbers.upstream);
    }
}

void write_access_log(exposition& out, const snapshot& now) {
    if (!now.access_log) {
        return;
    }
    out.family("curfew_access_log_lines_total", counter, "Lines written to the access log.");
    out.sample("", now.access_log->written);
    out.family(
        "curfew_access_log_dropped_total",
        counter,
        "Lines of the access log that found no room, or could not be written."
    );
    out.sample("", now.access_log->dropped);
}

labelled_routes label_routes(const snapshot& now) {
    const auto names = route_names(now);
    labelled_routes routes;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const route_snapshot& route = now.routes[i];
        routes.push_back({route, format_labels({{"route", names[i]}, {"upstream", route.upstream}})}
        );
    }
    return routes;
}

}  // namespace

std::string render_metrics(
    const snapshot& now,
    const process::process_sample& process,
    const ledger::status* ledger,
    const alerts::status* alerting,
    metrics_format format
) {
    const labelled_routes routes = label_routes(now);
    exposition out{format};
    write_build(out, now);
    write(out, totals, now);
    out.family("process_cpu_seconds_total", counter, "User and system CPU time used.");
    out.sample("", process.cpu_seconds);
    write(out, of_process, process);
    write_policy(out, now.policy);
    write_backend(out, now.backend);
    write_access_log(out, now);
    write_pressure(out, now);
    write_startup(out, now);
    write_ledger(out, ledger);
    if (alerting != nullptr) {
        write_alerts(out, *alerting);
    }
    write_upstreams(out, now);
    write_breakers(out, routes);
    write(out, of_route, std::span{routes});
    write_ends(out, routes);
    write_reasons(out, routes, now.observe);
    write_adaptive(out, now);
    write_times(out, routes);
    return std::move(out).take();
}

}  // namespace curfew::admin
