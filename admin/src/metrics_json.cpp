#include "route_names.hpp"
#include <curfew/admin/json_writer.hpp>
#include <curfew/admin/metrics.hpp>

namespace curfew::admin {

namespace {

double seconds(duration time) {
    return std::chrono::duration<double>(time).count();
}

void write_times(json_writer& out, const histogram& times) {
    out.member("request_count", times.count());
    out.member("avg_time", seconds(times.mean()));
    out.member("max_time", seconds(times.max()));
    out.member("p50_time", seconds(times.quantile(0.50)));
    out.member("p95_time", seconds(times.quantile(0.95)));
    out.member("p99_time", seconds(times.quantile(0.99)));
}

template <class Enum, std::size_t Size>
void write_counts(
    json_writer& out, std::string_view name, const std::array<std::uint64_t, Size>& counts
) {
    out.key(name);
    out.begin_object();
    for (std::size_t i = 0; i < Size; ++i) {
        if (counts[i] != 0) {
            out.member(to_string(static_cast<Enum>(i)), counts[i]);
        }
    }
    out.end_object();
}

void write(json_writer& out, const gateway::route_snapshot& route, bool observe) {
    const gateway::route_numbers& numbers = route.numbers;
    out.begin_object();
    write_times(out, numbers.whole);
    out.key("upstream");
    out.begin_object();
    write_times(out, numbers.upstream);
    out.end_object();
    write_counts<outcome>(out, "outcomes", numbers.by_outcome);
    write_counts<cause_kind>(out, "causes", numbers.by_cause);
    write_counts<shed_reason>(out, "refusals", numbers.by_refusal);
    out.member("slow_count", numbers.slow);
    out.member("retried_count", numbers.retried);
    if (observe) {
        write_counts<shed_reason>(out, "would_refuse", route.would_refuse);
        out.member("would_refuse_by_breaker", route.would_refuse_by_breaker);
        out.member("would_queue", route.would_queue);
    }
    out.end_object();
}

}  // namespace

std::string render_metrics_json(const gateway::snapshot& now) {
    const auto names = route_names(now);
    json_writer out;
    out.begin_object();
    out.key("endpoints");
    out.begin_object();
    for (std::size_t i = 0; i < now.routes.size(); ++i) {
        out.key(names[i]);
        write(out, now.routes[i], now.observe);
    }
    out.end_object();
    out.end_object();
    return std::move(out).take();
}

}  // namespace curfew::admin
