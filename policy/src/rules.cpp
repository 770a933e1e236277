#include "building.hpp"
#include "orders.hpp"
#include "value_text.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace curfew::policy {

namespace {

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
    check_target(of, route);
    if (!of.made.find_upstream(route.upstream)) return;
    const auto connect = "upstream." + route.upstream + ".connect_timeout";
    const auto timeout = "route." + route.name + ".timeout";
    check_order(of, {connect, timeout});
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
    const auto& made = of.made;
    const auto longer = [&](const route_policy& route) {
        return route.limits.timeout >= made.http.header_timeout;
    };
    if (std::ranges::any_of(made.routes, longer)) return;
    check_order(of, {"http.header_timeout", "request.timeout", true});
}

/// The share of a route is at least one place. That is no order of two limits, but the same holds:
/// the one of the two that nobody set gives way.
void check_share(building& of) {
    auto& limiter = of.made.limiter;
    if (limiter.route_share * limiter.initial >= 1) return;
    if (!of.is_set("limiter.route_share")) {
        limiter.route_share = 1.0 / limiter.initial;
        return of.derive("limiter.route_share", "gave way to limiter.initial");
    }
    const auto enough = static_cast<std::uint32_t>(std::ceil(1 / limiter.route_share));
    const bool capped = of.is_set("limiter.ceiling") && enough > limiter.ceiling;
    if (!of.is_set("limiter.initial") && !capped) {
        limiter.initial = enough;
        return of.derive("limiter.initial", "gave way to limiter.route_share");
    }
    of.wrong().add(
        of.setter("limiter.route_share"),
        with_value(of, "limiter.route_share") + " of " +
            with_value(of, capped ? "limiter.ceiling" : "limiter.initial") +
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
    settle(of);
    for (const auto& upstream : of.made.upstreams) {
        check_upstream(of, upstream);
    }
    of.inherit();
    settle_routes(of);
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
    check_signals(of);
    check_startup(of);
    check_surroundings(of);
    check_kinds(of);
    check_guidelines(of);
}

}  // namespace curfew::policy
