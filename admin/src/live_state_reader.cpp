#include <curfew/admin/live_state.hpp>

#include <simdjson.h>

#include <cmath>

namespace curfew::admin {

namespace {

namespace dom = simdjson::dom;

/// Takes members out of an object; what is missing or of another type stays as it is.
class members {
  public:
    explicit members(const dom::object& of) : of_{of} {}

    void take(std::string_view name, std::string& into) const {
        std::string_view text;
        if (of_[name].get(text) == simdjson::SUCCESS) {
            into = text;
        }
    }

    void take(std::string_view name, bool& into) const {
        bool flag = false;
        if (of_[name].get(flag) == simdjson::SUCCESS) {
            into = flag;
        }
    }

    void take(std::string_view name, double& into) const {
        double number = 0;
        if (of_[name].get(number) == simdjson::SUCCESS && std::isfinite(number)) {
            into = number;
        }
    }

    void take(std::string_view name, std::uint64_t& into) const {
        std::uint64_t number = 0;
        if (of_[name].get(number) == simdjson::SUCCESS) {
            into = number;
        }
    }

    void take(std::string_view name, std::uint32_t& into) const {
        std::uint64_t number = 0;
        if (of_[name].get(number) == simdjson::SUCCESS) {
            into = static_cast<std::uint32_t>(std::min<std::uint64_t>(number, UINT32_MAX));
        }
    }

    /// Milliseconds; at most some ten thousand years of them are no mistake.
    void take(std::string_view name, duration& into) const {
        constexpr double longest = 9e12;
        double number = 0;
        if (of_[name].get(number) == simdjson::SUCCESS && std::abs(number) < longest) {
            into = std::chrono::round<duration>(std::chrono::duration<double, std::milli>(number));
        }
    }

    template <class T>
    void take(std::string_view name, std::optional<T>& into) const {
        dom::element found;
        if (of_[name].get(found) == simdjson::SUCCESS && !found.is_null()) {
            into.emplace();
            take(name, *into);
        }
    }

    [[nodiscard]] std::optional<members> within(std::string_view name) const {
        dom::object found;
        return of_[name].get(found) == simdjson::SUCCESS ? std::optional{members{found}}
                                                         : std::nullopt;
    }

    /// One T for each object of an array; false: there are more than `most`.
    template <class T>
    [[nodiscard]] bool take_list(std::string_view name, std::vector<T>& into, std::size_t most)
        const {
        dom::array found;
        if (of_[name].get(found) != simdjson::SUCCESS) {
            return true;
        }
        for (const dom::element each : found) {
            dom::object object;
            if (into.size() == most) {
                return false;
            }
            if (each.get(object) == simdjson::SUCCESS) {
                take_all(members{object}, into.emplace_back());
            }
        }
        return true;
    }

  private:
    static void take_all(const members& from, live_route& to) {
        from.take("name", to.name);
        from.take("upstream", to.upstream);
        from.take("rate", to.rate);
        from.take("requests", to.requests);
        from.take("timeouts", to.timeouts);
        from.take("failures", to.failures);
        from.take("refused", to.refused);
        from.take("p50_ms", to.p50);
        from.take("p95_ms", to.p95);
        from.take("p99_ms", to.p99);
        from.take("in_flight", to.in_flight);
        from.take("limit", to.limit);
        from.take("queued", to.queued);
        from.take("hanging", to.hanging);
        from.take("abandoned", to.abandoned);
        from.take("breaker", to.breaker);
        from.take("retry_after_ms", to.retry_after);
        from.take("adaptive", to.adaptive);
        from.take("adaptive_state", to.adaptive_state);
        from.take("adaptive_limit_ms", to.adaptive_limit);
    }

    static void take_all(const members& from, live_pressure& to) {
        from.take("name", to.name);
        from.take("value", to.value);
    }

    static void take_all(const members& from, live_upstream& to) {
        from.take("name", to.name);
        from.take("up", to.up);
        from.take("limit", to.limit);
        from.take("in_flight", to.in_flight);
        from.take("queued", to.queued);
        from.take("abandoned", to.abandoned);
    }

    static void take_all(const members& from, live_call& to) {
        from.take("route", to.route);
        from.take("method", to.method);
        from.take("stage", to.stage);
        from.take("attempt", to.attempt);
        from.take("age_ms", to.age);
        from.take("in_stage_ms", to.in_stage);
        from.take("left_ms", to.left);
        from.take("hanging", to.hanging);
        from.take("abandoned", to.abandoned);
        from.take("trace_id", to.trace_id);
    }

    dom::object of_;
};

void take_totals(const members& from, live_state& to) {
    from.take("version", to.version);
    from.take("timestamp", to.timestamp);
    from.take("status", to.status);
    from.take("problem", to.problem);
    from.take("uptime_ms", to.uptime);
    from.take("ready", to.ready);
    from.take("draining", to.draining);
    from.take("observe", to.observe);
    from.take("memory_percent", to.memory_percent);
    from.take("cpu_percent", to.cpu_percent);
    from.take("resident_bytes", to.resident_bytes);
    from.take("in_flight", to.in_flight);
    from.take("in_flight_limit", to.in_flight_limit);
    from.take("queued", to.queued);
    from.take("connections", to.connections);
    from.take("rate", to.rate);
    from.take("bad_rate", to.bad_rate);
    from.take("window_ms", to.window);
    from.take("since_start", to.since_start);
    from.take("requests_count", to.calls_count);
    if (const auto backend = from.within("backend")) {
        to.backend.emplace();
        backend->take("state", to.backend->state);
        backend->take("restarts", to.backend->restarts);
        backend->take("last_exit", to.backend->last_exit);
    }
    if (const auto ledger = from.within("ledger")) {
        ledger->take("state", to.ledger.state);
        ledger->take("trouble", to.ledger.trouble);
    }
}

/// Calls `use(members)` with the object that `json` is; false: it is none.
bool with_object(std::string_view json, auto&& use) {
    dom::parser parser;
    dom::object root;
    const simdjson::padded_string padded{json};
    return parser.parse(padded).get(root) == simdjson::SUCCESS && use(members{root});
}

}  // namespace

std::optional<live_state> read_state(std::string_view json) {
    live_state made;
    const bool read = with_object(json, [&](const members& from) {
        take_totals(from, made);
        return from.take_list("pressure", made.pressure, live_routes_max) &&
               from.take_list("upstreams", made.upstreams, live_routes_max) &&
               from.take_list("routes", made.routes, live_routes_max) &&
               from.take_list("requests", made.calls, live_calls_max);
    });
    return read ? std::optional{std::move(made)} : std::nullopt;
}

std::optional<live_end> read_end(std::string_view json) {
    live_end made;
    const bool read = with_object(json, [&](const members& from) {
        from.take("timestamp", made.timestamp);
        from.take("surface", made.surface);
        from.take("name", made.name);
        from.take("outcome", made.outcome);
        from.take("cause", made.cause);
        from.take("reason", made.reason);
        from.take("error", made.error);
        from.take("limit_name", made.limit_name);
        from.take("limit_ms", made.limit);
        from.take("took_ms", made.took);
        from.take("near_miss", made.near_miss);
        from.take("said", made.said);
        from.take("trace_id", made.trace_id);
        return true;
    });
    return read ? std::optional{std::move(made)} : std::nullopt;
}

std::optional<live_missed> read_missed(std::string_view json) {
    live_missed made;
    const bool read = with_object(json, [&](const members& from) {
        from.take("states", made.states);
        from.take("ends", made.ends);
        return true;
    });
    return read ? std::optional{made} : std::nullopt;
}

}  // namespace curfew::admin
