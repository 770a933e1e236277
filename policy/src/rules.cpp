#include "building.hpp"
#include "value_text.hpp"
#include <curfew/core/expects.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace curfew::policy {

namespace {

/// Who gives way when it was not set by anybody.
enum class yields : std::uint8_t { inner, outer, either, nobody };

/// `inner` must be less than `outer`, or at most as much where they may be equal.
struct order {
    std::string_view inner;
    std::string_view outer;
    bool may_be_equal = false;
    yields who = yields::inner;
};

constexpr std::array orders{
    order{"request.slow", "request.timeout"},
    order{"request.body_idle", "request.stream_idle", true, yields::either},
    order{"http.target_bytes", "http.header_bytes", false, yields::either},
    order{"request.timeout", "breaker.probe_lease", true, yields::outer},
    order{"limiter.floor", "limiter.ceiling", true, yields::nobody},
    order{"limiter.initial", "limiter.ceiling", true, yields::inner},
    order{"limiter.floor", "limiter.initial", true, yields::outer},
    order{"backend.live_timeout", "backend.live_interval"},
    order{"backend.live_timeout", "backend.ready_timeout", true, yields::either},
    order{"backend.grace", "backend.ready_timeout"},
    order{"backend.backoff_min", "backend.backoff_max", true},
};

std::int64_t number_at(const slot& place) {
    if (const auto* time = std::get_if<duration*>(&place)) return (*time)->count();
    if (const auto* size = std::get_if<std::uint64_t*>(&place)) {
        return static_cast<std::int64_t>(**size);
    }
    const auto* count = std::get_if<std::uint32_t*>(&place);
    expects(count != nullptr, "only durations, sizes and counts are ordered");
    return **count;
}

void set_number(const slot& place, std::int64_t value) {
    if (const auto* time = std::get_if<duration*>(&place)) {
        **time = duration{value};
    } else if (const auto* size = std::get_if<std::uint64_t*>(&place)) {
        **size = static_cast<std::uint64_t>(value);
    } else {
        *std::get<std::uint32_t*>(place) = static_cast<std::uint32_t>(value);
    }
}

std::string unquoted(std::string text) {
    std::erase(text, '"');
    return text;
}

std::string with_value(building& of, std::string_view path) {
    return '`' + std::string{path} + "` (" + unquoted(print(of.place(path))) + ')';
}

std::string hint_about(building& of, std::string_view path) {
    const auto told = of.is_set(path) ? "is set at " + of.wrong().describe(of.setter(path))
                                      : std::string{"is the built-in default"};
    return '`' + std::string{path} + "` " + told;
}

bool gives_way(const building& of, const order& rule, yields which) {
    const bool may = rule.who == which || rule.who == yields::either;
    return may && !of.is_set(which == yields::inner ? rule.inner : rule.outer);
}

void check_order(building& of, const order& rule) {
    const auto inner = of.place(rule.inner);
    const auto outer = of.place(rule.outer);
    const auto low = number_at(inner);
    const auto high = number_at(outer);
    if (low < high || (rule.may_be_equal && low == high)) return;
    if (gives_way(of, rule, yields::inner)) {
        set_number(inner, rule.may_be_equal ? high : high / 2);
        const auto told = rule.may_be_equal ? "as " : "half of ";
        return of.derive(rule.inner, told + std::string{rule.outer});
    }
    if (gives_way(of, rule, yields::outer)) {
        set_number(outer, rule.may_be_equal ? low : low * 2);
        const auto told = rule.may_be_equal ? "as " : "twice ";
        return of.derive(rule.outer, told + std::string{rule.inner});
    }
    const bool is_time = std::holds_alternative<duration*>(inner);
    const auto least = std::string{is_time ? "shorter" : "less"} + " than ";
    const auto most = std::string{is_time ? "no longer" : "no more"} + " than ";
    const bool inner_set = of.is_set(rule.inner);
    of.wrong().add(
        of.setter(inner_set ? rule.inner : rule.outer),
        with_value(of, rule.inner) + " must be " + (rule.may_be_equal ? most : least) +
            with_value(of, rule.outer),
        hint_about(of, inner_set ? rule.outer : rule.inner)
    );
}

bool is_own_listener(const address& listener, const http_url& upstream) {
    if (listener.port != upstream.port) return false;
    const address there{upstream.host, upstream.port};
    const bool everywhere = listener.host == "0.0.0.0" || listener.host == "::";
    if (everywhere || listener.host == "localhost") return is_loopback(there);
    return listener.host == there.host || (there.host == "localhost" && is_loopback(listener));
}

void check_upstream(building& of, const upstream_policy& upstream) {
    const auto prefix = "upstream." + upstream.name + '.';
    const auto& listener = of.made.server.listen;
    for (const auto& url : upstream.urls) {
        if (!is_own_listener(listener, url)) continue;
        of.wrong().add(
            of.setter(prefix + "urls"),
            "the upstream `" + upstream.name + "` is `server.listen` itself (" + format(listener) +
                "): each request would come back for ever",
            "write where the backend answers, or listen on another port"
        );
        break;
    }
    for (auto url = upstream.urls.begin(); url != upstream.urls.end(); ++url) {
        if (std::find(upstream.urls.begin(), url, *url) == url) continue;
        of.wrong().add(
            of.setter(prefix + "urls"),
            "the upstream `" + upstream.name + "` names " + format(*url) + " twice",
            "it would get twice the requests; write each backend once"
        );
        break;
    }
    if (upstream.urls.empty()) {
        const bool said = of.is_set(prefix + "urls");
        of.wrong().add(
            said ? of.setter(prefix + "urls") : of.declared("upstream." + upstream.name),
            "the upstream `" + upstream.name + "` has no `urls`",
            "write where it answers: urls = [\"http://127.0.0.1:8000\"]"
        );
    }
    check_order(of, {prefix + "connect_timeout", "request.timeout"});
    check_order(of, {prefix + "idle_timeout", prefix + "max_age", true});
}

void check_target(building& of, const route_policy& route) {
    if (of.made.find_upstream(route.upstream)) return;
    const auto path = "route." + route.name + ".upstream";
    std::string known;
    for (const auto& upstream : of.made.upstreams) {
        known += (known.empty() ? "" : ", ") + upstream.name;
    }
    const auto hint = known.empty() ? "write a section [upstream.main]" : "there is: " + known;
    if (route.upstream.empty()) {
        of.wrong().add(
            of.declared("route." + route.name),
            "the route `" + route.name + "` does not say which upstream serves it",
            hint
        );
    } else {
        of.wrong().add(
            of.setter(path),
            "the route `" + route.name + "` names the upstream `" + route.upstream +
                "`, which does not exist",
            hint
        );
    }
}

void check_route(building& of, const route_policy& route) {
    const auto prefix = "route." + route.name + '.';
    check_target(of, route);
    const auto connect = "upstream." + route.upstream + ".connect_timeout";
    if (of.made.find_upstream(route.upstream) && of.is_set(connect) &&
        of.is_set(prefix + "timeout")) {
        check_order(of, {connect, prefix + "timeout", false, yields::nobody});
    }
    if (of.is_set(prefix + "in_flight")) {
        check_order(of, {prefix + "in_flight", "gateway.in_flight", true, yields::nobody});
    }
    if (of.is_set(prefix + "body_idle")) {
        check_order(of, {prefix + "body_idle", "request.stream_idle", true, yields::outer});
    }
    const auto lease = prefix + "breaker.probe_lease";
    if (!of.is_set(lease) && of.is_set("breaker.probe_lease")) return;
    check_order(of, {prefix + "timeout", lease, true, yields::outer});
}

bool overlap(const route_policy& a, const route_policy& b) {
    if (a.methods.empty() || b.methods.empty()) return a.methods.empty() && b.methods.empty();
    return std::ranges::find_first_of(a.methods, b.methods) != a.methods.end();
}

void normalise(route_policy& route) {
    for (char& c : route.host) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    if (route.host.ends_with('.')) route.host.pop_back();
    if (route.path.size() > 1 && route.path.ends_with('/')) route.path.pop_back();
    if (route.path.empty()) route.path = "/";
}

void check_overlaps(building& of) {
    std::map<std::pair<std::string, std::string>, std::vector<const route_policy*>> seen;
    for (auto& route : of.made.routes) {
        normalise(route);
        auto& same_place = seen[{route.host, route.path}];
        for (const auto* other : same_place) {
            if (!overlap(*other, route)) continue;
            of.wrong().add(
                of.declared("route." + route.name),
                "the routes `" + other->name + "` and `" + route.name + "` match the same requests",
                "give them another host, path or methods, or join them"
            );
            break;
        }
        same_place.push_back(&route);
    }
}

void check_unused_upstreams(building& of) {
    const auto& made = of.made;
    const auto targets = [&](const route_policy& route) {
        return made.find_upstream(route.upstream);
    };
    if (made.routes.empty() || !std::ranges::all_of(made.routes, targets)) return;
    for (const auto& upstream : made.upstreams) {
        const auto found = std::ranges::find(made.routes, upstream.name, &route_policy::upstream);
        if (found != made.routes.end()) continue;
        of.wrong().add(
            of.declared("upstream." + upstream.name),
            "no route uses the upstream `" + upstream.name + '`',
            "write a [[route]] with upstream = \"" + upstream.name + "\", or leave it out"
        );
    }
}

/// A head must be whole before its request's time is over, or its limit never ends anything. Which
/// route it is for is not known yet, so the longest time counts.
void check_header_timeout(building& of) {
    if (!of.is_set("http.header_timeout") || !of.is_set("request.timeout")) return;
    const auto& made = of.made;
    const auto longer = [&](const route_policy& route) {
        return route.limits.timeout >= made.http.header_timeout;
    };
    if (std::ranges::any_of(made.routes, longer)) return;
    check_order(of, {"http.header_timeout", "request.timeout", true, yields::nobody});
}

void check_share(building& of) {
    auto& limiter = of.made.limiter;
    if (limiter.route_share * limiter.initial >= 1) return;
    if (!of.is_set("limiter.route_share")) {
        limiter.route_share = 1.0 / limiter.initial;
        return of.derive("limiter.route_share", "one place of limiter.initial");
    }
    of.wrong().add(
        of.setter("limiter.route_share"),
        with_value(of, "limiter.route_share") + " of " + with_value(of, "limiter.initial") +
            " leaves a route no place",
        "their product must be at least 1"
    );
}

void check_server(building& of) {
    const auto& server = of.made.server;
    if (server.listen == server.admin && server.listen.port != 0) {
        of.wrong().add(
            of.setter(of.is_set("server.admin") ? "server.admin" : "server.listen"),
            "`server.listen` and `server.admin` are the same address",
            "give one of them another port"
        );
    }
    for (const std::string& host : server.admin_hosts) {
        if (host.empty() || host.starts_with("*.")) {
            of.wrong().add(
                of.setter("server.admin_hosts"),
                "`server.admin_hosts` names single hosts, and \"" + host + "\" is none",
                "write each host in full, without a wildcard"
            );
        }
    }
    if (!is_loopback(server.admin) && server.admin_token.empty()) {
        of.wrong().add(
            of.setter("server.admin"),
            with_value(of, "server.admin") + " can be reached from outside without a token",
            "set `server.admin_token`, or listen on 127.0.0.1"
        );
    }
}

void check_access_log(building& of) {
    const std::string& destination = of.made.access_log.destination;
    const bool is_path = destination.find('/') != destination.npos && !destination.ends_with('/');
    if (destination == "off" || destination == "stderr" || is_path) return;
    of.wrong().add(
        of.setter("access_log.destination"),
        with_value(of, "access_log.destination") + " is no path",
        "write \"stderr\", \"off\", or a path such as \"/var/log/curfew/access.log\" or "
        "\"./access.log\""
    );
}

void check_backend(building& of) {
    if (of.made.backend.command.empty() || !of.made.upstreams.empty()) return;
    of.wrong().add(
        of.setter("backend.command"),
        "`backend.command` starts a backend, but no upstream says where it answers",
        "write: [upstream.main], and urls = [\"http://127.0.0.1:8000\"]"
    );
}

}  // namespace

void check_rules(building& of) {
    for (const auto& rule : orders) {
        check_order(of, rule);
    }
    for (const auto& upstream : of.made.upstreams) {
        check_upstream(of, upstream);
    }
    of.inherit();
    for (const auto& route : of.made.routes) {
        check_route(of, route);
    }
    check_overlaps(of);
    check_unused_upstreams(of);
    check_header_timeout(of);
    check_share(of);
    check_server(of);
    check_access_log(of);
    check_backend(of);
    check_alerts(of);
}

}  // namespace curfew::policy
