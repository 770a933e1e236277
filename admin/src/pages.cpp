#include <curfew/admin/pages.hpp>

#include <algorithm>
#include <array>

namespace curfew::admin {

namespace {

constexpr std::string_view json = "application/json";

constexpr int ok = 200;
constexpr int unavailable = 503;

struct address {
    std::string_view path;
    view what;
};

constexpr std::array addresses{
    address{"/-/health", view::health},
    address{"/-/health/live", view::live},
    address{"/-/health/ready", view::ready},
    address{"/-/metrics", view::metrics},
    address{"/-/metrics.json", view::metrics_json},
};

}  // namespace

std::optional<view> view_at(std::string_view target) noexcept {
    const auto path = target.substr(0, target.find('?'));
    const auto found = std::ranges::find(addresses, path, &address::path);
    return found == addresses.end() ? std::nullopt : std::optional{found->what};
}

needs needs_of(view page) noexcept {
    switch (page) {
        case view::live:
            return needs::nothing;
        case view::ready:
            return needs::state;
        default:
            return needs::everything;
    }
}

page draw(view what, const facts& known) {
    switch (what) {
        case view::live:
            return {ok, json, render_live()};
        case view::ready:
            return {known.now.ready ? ok : unavailable, json, render_ready(known.now)};
        case view::metrics:
            return {
                ok,
                content_type(known.format),
                render_metrics(known.now, known.process, known.ledger, known.alerting, known.format)
            };
        case view::metrics_json:
            return {ok, json, render_metrics_json(known.now)};
        case view::health:
        case view::brief:
            break;
    }
    const bool down = health_of(known.now, known.ledger, known.alerting) == health::unhealthy;
    const int status = down ? unavailable : ok;
    if (what == view::brief) {
        return {status, json, render_brief(known.now, known.at, known.ledger, known.alerting)};
    }
    return {
        status,
        json,
        render_health(known.now, known.process, known.at, known.ledger, known.alerting)
    };
}

std::optional<page> page_for(std::string_view target, const facts& known) {
    const auto what = view_at(target);
    return what ? std::optional{draw(*what, known)} : std::nullopt;
}

}  // namespace curfew::admin
