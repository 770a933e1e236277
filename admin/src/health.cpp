#include "adaptive_status.hpp"
#include "alerts_status.hpp"
#include "ledger_status.hpp"
#include "route_names.hpp"
#include "startup_status.hpp"
#include <curfew/admin/alerts_view.hpp>
#include <curfew/admin/health.hpp>
#include <curfew/admin/json_writer.hpp>

#include <algorithm>
#include <iterator>
#include <vector>

namespace curfew::admin {

namespace {

using gateway::endpoint_snapshot;
using gateway::route_snapshot;
using gateway::snapshot;
using gateway::upstream_snapshot;

constexpr std::size_t problems_shown = 32;

std::int64_t whole_ms(duration time) {
    return std::chrono::ceil<std::chrono::milliseconds>(time).count();
}

bool backend_troubled(const snapshot& now) {
    return !now.backend.state.empty() && now.backend.state != "ready";
}

void add_problems(const upstream_snapshot& upstream, std::vector<std::string>& problems) {
    if (!upstream.up) {
        problems.push_back("upstream " + upstream.name + " is down");
    }
    for (const endpoint_snapshot& endpoint : upstream.endpoints) {
        if (!endpoint.healthy) {
            problems.push_back(
                "endpoint " + endpoint.address + " is skipped" +
                (endpoint.why.empty() ? "" : ": " + std::string{endpoint.why})
            );
        }
    }
}

void add_problems(
    const route_snapshot& route, const std::string& name, std::vector<std::string>& problems
) {
    if (route.held_back) {
        problems.push_back("route " + name + ": held back, its requests brought the backend down");
    } else if (route.breaker != breaker_state::closed) {
        problems.push_back("route " + name + ": breaker " + std::string{to_string(route.breaker)});
    }
    if (route.abandoned != 0) {
        problems.push_back("route " + name + ": " + std::to_string(route.abandoned) + " abandoned");
    }
    if (route.hanging != 0) {
        problems.push_back("route " + name + ": " + std::to_string(route.hanging) + " hanging");
    }
}

std::vector<std::string> problems_of(
    const snapshot& now,
    const std::vector<std::string>& names,
    const ledger::status* book,
    const alerts::status* alerting
) {
    std::vector<std::string> problems;
    if (now.draining) {
        problems.emplace_back("draining");
    }
    if (now.connections_crowded) {
        problems.push_back(
            "client connections are at their limit of " + std::to_string(now.connections_limit)
        );
    }
    if (backend_troubled(now)) {
        problems.push_back("backend is " + now.backend.state);
    }
    if (book != nullptr && book->is == ledger::status::condition::failing) {
        problems.push_back("the ledger cannot be written: " + book->reason);
    }
    std::ranges::move(startup_problems(now), std::back_inserter(problems));
    if (now.policy.last_refused) {
        problems.push_back("the policy was not reloaded: " + now.policy.why_refused);
    }
    for (const upstream_snapshot& upstream : now.upstreams) {
        add_problems(upstream, problems);
    }
    for (std::size_t i = 0; i < now.routes.size(); ++i) {
        add_problems(now.routes[i], names[i], problems);
    }
    if (alerting != nullptr) {
        std::ranges::move(alert_problems(*alerting), std::back_inserter(problems));
    }
    return problems;
}

health health_of(const snapshot& now, const std::vector<std::string>& problems) {
    if (!now.ready || now.draining) {
        return health::unhealthy;
    }
    return problems.empty() ? health::healthy : health::degraded;
}

void write(json_writer& out, const std::vector<std::string>& problems) {
    out.begin_array();
    const std::size_t shown = std::min(problems.size(), problems_shown);
    for (std::size_t i = 0; i < shown; ++i) {
        out.value(problems[i]);
    }
    if (problems.size() > shown) {
        out.value("and " + std::to_string(problems.size() - shown) + " more");
    }
    out.end_array();
}

void write(json_writer& out, const endpoint_snapshot& endpoint) {
    out.begin_object();
    out.member("address", endpoint.address);
    out.member("healthy", endpoint.healthy);
    if (!endpoint.healthy) {
        out.member("why", endpoint.why);
    }
    out.member("in_flight", endpoint.in_flight);
    out.member("idle", endpoint.idle);
    out.end_object();
}

void write(json_writer& out, const upstream_snapshot& upstream) {
    out.begin_object();
    out.member("up", upstream.up);
    out.member("limit", upstream.limit);
    out.member("limit_reason", upstream.limit_reason);
    out.member("in_flight", upstream.in_flight);
    out.member("abandoned", upstream.abandoned);
    out.member("detached", upstream.detached);
    out.member("queued", upstream.queued);
    out.key("endpoints");
    out.begin_array();
    for (const endpoint_snapshot& endpoint : upstream.endpoints) {
        write(out, endpoint);
    }
    out.end_array();
    out.end_object();
}

std::optional<std::uint32_t> limit_of(const route_snapshot& route, const snapshot& now) {
    const auto found = std::ranges::find(now.upstreams, route.upstream, &upstream_snapshot::name);
    return found == now.upstreams.end() ? std::nullopt : std::optional{found->route_cap};
}

void write(json_writer& out, const route_snapshot& route, const snapshot& now) {
    out.begin_object();
    out.member("upstream", route.upstream);
    out.member("state", to_string(route.breaker));
    if (route.breaker == breaker_state::open) {
        out.member("retry_after_ms", whole_ms(route.retry_after));
    }
    if (route.held_back) {
        out.member("held_back", true);
    }
    if (route.suspect) {
        out.member("suspect", true);
    }
    out.member("in_flight", route.in_flight);
    out.member("queued", route.queued);
    out.member("limit", limit_of(route, now));
    out.member("abandoned", route.abandoned);
    out.member("hanging", route.hanging);
    if (now.observe) {
        out.member("would_queue", route.would_queue);
    }
    write_adaptive(out, route);
    out.member("usual_ms", route.usual ? std::optional{whole_ms(*route.usual)} : std::nullopt);
    out.end_object();
}

void write_backend(json_writer& out, const gateway::backend_snapshot& backend) {
    out.key("backend");
    out.begin_object();
    out.member("state", backend.state);
    out.member("restarts", backend.restarts);
    out.member("pid", backend.pid != 0 ? std::optional{backend.pid} : std::nullopt);
    out.member("last_exit", backend.last_exit);
    out.end_object();
}

void write_policy(json_writer& out, const gateway::policy_snapshot& policy, wall_time at) {
    const auto ago = [&](duration length) {
        return rfc3339(at - std::chrono::duration_cast<wall_time::duration>(length));
    };
    out.key("policy");
    out.begin_object();
    out.member("generation", policy.generation);
    out.member("loaded", ago(policy.since));
    out.member("reloads", policy.reloads);
    out.member("refused", policy.refused);
    out.member("earlier_in_use", policy.earlier_in_use);
    if (policy.last_refused) {
        out.member("last_refused", ago(*policy.last_refused));
        out.member("why_refused", policy.why_refused);
    }
    out.end_object();
}

void write_totals(json_writer& out, const snapshot& now) {
    out.member("version", now.version);
    out.member("uptime_ms", whole_ms(now.uptime));
    out.member("ready", now.ready);
    out.member("draining", now.draining);
    out.member("observe", now.observe);
    out.member("in_flight", now.in_flight);
    out.member("in_flight_limit", now.in_flight_cap);
    out.member("queued", now.queued);
}

std::string status_only(std::string_view status, std::string_view reason = {}) {
    json_writer out;
    out.begin_object();
    out.member("status", status);
    if (!reason.empty()) {
        out.member("reason", reason);
    }
    out.end_object();
    return std::move(out).take();
}

}  // namespace

std::string_view to_string(health state) noexcept {
    switch (state) {
        case health::healthy:
            return "healthy";
        case health::degraded:
            return "degraded";
        case health::unhealthy:
            return "unhealthy";
    }
    return "unhealthy";
}

std::vector<std::string> problems_of(
    const snapshot& now, const ledger::status* ledger, const alerts::status* alerting
) {
    return problems_of(now, route_names(now), ledger, alerting);
}

health health_of(
    const snapshot& now, const ledger::status* ledger, const alerts::status* alerting
) {
    return health_of(now, problems_of(now, ledger, alerting));
}

void write_pressure(json_writer& out, const snapshot& now) {
    out.key("pressure");
    out.begin_object();
    for (const gateway::pressure_snapshot& each : now.pressure) {
        out.member(each.name, each.value);
    }
    out.end_object();
}

std::string render_health(
    const snapshot& now,
    const process::process_sample& process,
    wall_time at,
    const ledger::status* ledger,
    const alerts::status* alerting
) {
    const auto names = route_names(now);
    const auto problems = problems_of(now, names, ledger, alerting);
    json_writer out;
    out.begin_object();
    out.member("status", to_string(health_of(now, problems)));
    out.member("timestamp", rfc3339(at));
    out.member("memory_percent", process.memory_percent);
    out.member("cpu_percent", process.cpu_percent);
    out.key("problems");
    write(out, problems);
    write_totals(out, now);
    write_policy(out, now.policy, at);
    if (!now.backend.state.empty()) {
        write_backend(out, now.backend);
    }
    write_ledger(out, ledger);
    write_startup(out, now);
    write_pressure(out, now);
    if (alerting != nullptr) {
        write_alerts(out, *alerting);
    }
    out.key("upstreams");
    out.begin_object();
    for (const upstream_snapshot& upstream : now.upstreams) {
        out.key(upstream.name);
        write(out, upstream);
    }
    out.end_object();
    out.key("routes");
    out.begin_object();
    for (std::size_t i = 0; i < now.routes.size(); ++i) {
        out.key(names[i]);
        write(out, now.routes[i], now);
    }
    out.end_object();
    out.end_object();
    return std::move(out).take();
}

std::string render_brief(
    const snapshot& now, wall_time at, const ledger::status* ledger, const alerts::status* alerting
) {
    json_writer out;
    out.begin_object();
    out.member("status", to_string(health_of(now, ledger, alerting)));
    out.member("timestamp", rfc3339(at));
    out.end_object();
    return std::move(out).take();
}

std::string render_live() {
    return status_only("alive");
}

std::string render_ready(const snapshot& now) {
    if (now.ready) {
        return status_only("ready");
    }
    const auto reason = now.draining ? "draining" : backend_troubled(now) ? "backend" : "starting";
    return status_only("not_ready", reason);
}

}  // namespace curfew::admin
