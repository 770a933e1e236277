#include <curfew/admin/watch_model.hpp>

#include <algorithm>
#include <tuple>

namespace curfew::admin {

namespace {

int openness(std::string_view breaker) noexcept {
    return breaker == "open" ? 2 : breaker == "half_open" ? 1 : 0;
}

template <class T>
void add(std::optional<T>& to, const std::optional<T>& more) {
    if (more) {
        to = to.value_or(T{}) + *more;
    }
}

template <class T>
void raise(std::optional<T>& to, const std::optional<T>& other) {
    if (other && (!to || *to < *other)) {
        to = other;
    }
}

void add(live_route& to, const live_route& more) {
    to.rate += more.rate;
    to.requests += more.requests;
    to.timeouts += more.timeouts;
    to.failures += more.failures;
    to.refused += more.refused;
    raise(to.p50, more.p50);
    raise(to.p95, more.p95);
    raise(to.p99, more.p99);
    to.in_flight += more.in_flight;
    add(to.limit, more.limit);
    to.queued += more.queued;
    to.hanging += more.hanging;
    to.abandoned += more.abandoned;
    if (openness(more.breaker) > openness(to.breaker)) {
        to.breaker = more.breaker;
    }
    raise(to.retry_after, more.retry_after);
    if (!more.adaptive.empty()) {
        to.adaptive = more.adaptive;
        to.adaptive_state = more.adaptive_state;
    }
    raise(to.adaptive_limit, more.adaptive_limit);
}

void add(live_upstream& to, const live_upstream& more) {
    to.up = to.up && more.up;
    to.limit += more.limit;
    to.in_flight += more.in_flight;
    to.queued += more.queued;
    to.abandoned += more.abandoned;
}

/// As bad as it is for one of them.
void add(live_pressure& to, const live_pressure& more) {
    to.value = std::max(to.value, more.value);
}

template <class T>
void add_by_name(std::vector<T>& to, const std::vector<T>& more) {
    for (const T& each : more) {
        const auto known = std::ranges::find(to, each.name, &T::name);
        if (known == to.end()) {
            to.push_back(each);
        } else {
            add(*known, each);
        }
    }
}

void add(live_state& to, const live_state& more) {
    to.in_flight += more.in_flight;
    to.in_flight_limit += more.in_flight_limit;
    to.queued += more.queued;
    to.connections += more.connections;
    to.rate += more.rate;
    to.bad_rate += more.bad_rate;
    to.resident_bytes += more.resident_bytes;
    to.memory_percent = std::max(to.memory_percent, more.memory_percent);
    to.cpu_percent = std::max(to.cpu_percent, more.cpu_percent);
    to.window = std::max(to.window, more.window);
    to.since_start = to.since_start || more.since_start;
    to.timestamp = std::max(to.timestamp, more.timestamp);
    to.calls_count += more.calls_count;
    to.calls.insert(to.calls.end(), more.calls.begin(), more.calls.end());
    add_by_name(to.pressure, more.pressure);
    add_by_name(to.upstreams, more.upstreams);
    add_by_name(to.routes, more.routes);
}

}  // namespace

live_state combined(const watch_picture& of, const std::optional<std::size_t>& process) {
    if (process) {
        return of.processes[*process].state.value_or(live_state{});
    }
    live_state all;
    for (const watched_process& each : of.processes) {
        if (each.is == attachment::attached && each.state) {
            add(all, *each.state);
        }
    }
    return all;
}

void sort_routes(std::vector<live_route>& routes, route_order how) {
    const auto trouble = [](const live_route& of) {
        const auto bad = of.timeouts + of.failures + of.refused;
        return std::tuple{openness(of.breaker), of.hanging + of.abandoned, bad, of.rate};
    };
    std::ranges::sort(routes, [&](const live_route& a, const live_route& b) {
        switch (how) {
            case route_order::trouble:
                if (trouble(a) != trouble(b)) return trouble(a) > trouble(b);
                break;
            case route_order::rate:
                if (a.rate != b.rate) return a.rate > b.rate;
                break;
            case route_order::p95:
                if (a.p95 != b.p95) return a.p95 > b.p95;
                break;
            case route_order::name:
                break;
        }
        return a.name < b.name;
    });
}

void sort_calls(std::vector<live_call>& calls) {
    const auto place = [](const live_call& of) {
        const duration left = of.left.value_or(duration{});
        return std::tuple{of.abandoned, !of.hanging, !of.left, left, -of.age};
    };
    std::ranges::sort(calls, [&](const live_call& a, const live_call& b) {
        return place(a) != place(b) ? place(a) < place(b) : a.trace_id < b.trace_id;
    });
}

}  // namespace curfew::admin
