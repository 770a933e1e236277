#include <curfew/admin/live_state.hpp>

namespace curfew::admin {

namespace {

double milliseconds(duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

std::optional<double> milliseconds(const std::optional<duration>& time) {
    return time ? std::optional{milliseconds(*time)} : std::nullopt;
}

void write(json_writer& out, const live_route& route) {
    out.begin_object();
    out.member("name", route.name);
    out.member("upstream", route.upstream);
    out.member("rate", route.rate);
    out.member("requests", route.requests);
    out.member("timeouts", route.timeouts);
    out.member("failures", route.failures);
    out.member("refused", route.refused);
    out.member("p50_ms", milliseconds(route.p50));
    out.member("p95_ms", milliseconds(route.p95));
    out.member("p99_ms", milliseconds(route.p99));
    out.member("in_flight", route.in_flight);
    out.member("limit", route.limit);
    out.member("queued", route.queued);
    out.member("hanging", route.hanging);
    out.member("abandoned", route.abandoned);
    out.member("breaker", route.breaker);
    out.member("retry_after_ms", milliseconds(route.retry_after));
    if (!route.adaptive.empty()) {
        out.member("adaptive", route.adaptive);
        out.member("adaptive_state", route.adaptive_state);
        out.member("adaptive_limit_ms", milliseconds(route.adaptive_limit));
    }
    out.end_object();
}

void write(json_writer& out, const live_upstream& upstream) {
    out.begin_object();
    out.member("name", upstream.name);
    out.member("up", upstream.up);
    out.member("limit", upstream.limit);
    out.member("in_flight", upstream.in_flight);
    out.member("queued", upstream.queued);
    out.member("abandoned", upstream.abandoned);
    out.end_object();
}

void write(json_writer& out, const live_call& call) {
    out.begin_object();
    out.member("route", call.route);
    out.member("method", call.method);
    out.member("stage", call.stage);
    out.member("attempt", call.attempt);
    out.member("age_ms", milliseconds(call.age));
    out.member("in_stage_ms", milliseconds(call.in_stage));
    out.member("left_ms", milliseconds(call.left));
    out.member("hanging", call.hanging);
    out.member("abandoned", call.abandoned);
    out.member("trace_id", call.trace_id);
    out.end_object();
}

void write(json_writer& out, const live_pressure& pressure) {
    out.begin_object();
    out.member("name", pressure.name);
    out.member("value", pressure.value);
    out.end_object();
}

void write(json_writer& out, const live_backend& backend) {
    out.begin_object();
    out.member("state", backend.state);
    out.member("restarts", backend.restarts);
    out.member("last_exit", backend.last_exit);
    out.end_object();
}

void write_list(json_writer& out, std::string_view name, const auto& list) {
    out.key(name);
    out.begin_array();
    for (const auto& each : list) {
        write(out, each);
    }
    out.end_array();
}

void write_calls(json_writer& out, const live_state& state) {
    out.member("requests_count", state.calls_count);
    write_list(out, "requests", state.calls);
}

void write_totals(json_writer& out, const live_state& state) {
    out.member("version", state.version);
    out.member("timestamp", state.timestamp);
    out.member("status", state.status);
    out.member("problem", state.problem);
    out.member("uptime_ms", milliseconds(state.uptime));
    out.member("ready", state.ready);
    out.member("draining", state.draining);
    out.member("observe", state.observe);
    out.member("memory_percent", state.memory_percent);
    out.member("cpu_percent", state.cpu_percent);
    out.member("resident_bytes", state.resident_bytes);
    out.member("in_flight", state.in_flight);
    out.member("in_flight_limit", state.in_flight_limit);
    out.member("queued", state.queued);
    out.member("connections", state.connections);
    out.member("rate", state.rate);
    out.member("bad_rate", state.bad_rate);
    out.member("window_ms", milliseconds(state.window));
    out.member("since_start", state.since_start);
}

}  // namespace

void write(json_writer& out, const live_state& state) {
    out.begin_object();
    write_totals(out, state);
    out.key("backend");
    if (state.backend) {
        write(out, *state.backend);
    } else {
        out.value(std::optional<bool>{});
    }
    out.key("ledger");
    out.begin_object();
    out.member("state", state.ledger.state);
    out.member("trouble", state.ledger.trouble);
    out.end_object();
    write_list(out, "pressure", state.pressure);
    write_list(out, "upstreams", state.upstreams);
    write_list(out, "routes", state.routes);
    write_calls(out, state);
    out.end_object();
}

void write(json_writer& out, const live_end& end) {
    out.begin_object();
    out.member("timestamp", end.timestamp);
    out.member("surface", end.surface);
    out.member("name", end.name);
    out.member("outcome", end.outcome);
    out.member("cause", end.cause);
    out.member("reason", end.reason);
    out.member("error", end.error);
    out.member("limit_name", end.limit_name);
    out.member("limit_ms", milliseconds(end.limit));
    out.member("took_ms", milliseconds(end.took));
    out.member("near_miss", end.near_miss);
    out.member("said", end.said);
    out.member("trace_id", end.trace_id);
    out.end_object();
}

void write(json_writer& out, const live_missed& missed) {
    out.begin_object();
    out.member("states", missed.states);
    out.member("ends", missed.ends);
    out.end_object();
}

std::string render_calls(const live_state& state) {
    json_writer out;
    out.begin_object();
    out.member("timestamp", state.timestamp);
    write_calls(out, state);
    out.end_object();
    return std::move(out).take();
}

}  // namespace curfew::admin
