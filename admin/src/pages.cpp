#include <curfew/admin/pages.hpp>

namespace curfew::admin {

namespace {

constexpr std::string_view json = "application/json";
constexpr std::string_view prometheus = "text/plain; version=0.0.4; charset=utf-8";

constexpr int ok = 200;
constexpr int unavailable = 503;

}  // namespace

std::optional<page> page_for(std::string_view target, const facts& known) {
    const auto path = target.substr(0, target.find('?'));
    if (path == "/-/health") {
        const bool down = health_of(known.now) == health::unhealthy;
        auto body = render_health(known.now, known.process, known.at);
        return page{down ? unavailable : ok, json, std::move(body)};
    }
    if (path == "/-/health/live") {
        return page{ok, json, render_live()};
    }
    if (path == "/-/health/ready") {
        return page{known.now.ready ? ok : unavailable, json, render_ready(known.now)};
    }
    if (path == "/-/metrics") {
        return page{ok, prometheus, render_metrics(known.now, known.process)};
    }
    if (path == "/-/metrics.json") {
        return page{ok, json, render_metrics_json(known.now)};
    }
    return std::nullopt;
}

}  // namespace curfew::admin
