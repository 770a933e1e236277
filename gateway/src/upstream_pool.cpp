#include "upstream_pool.hpp"

#include <curfew/runtime/loop.hpp>

namespace curfew::gateway {

namespace {

constexpr duration names_hold = std::chrono::seconds{30};

/// Closing is what a connection's destructor does.
constexpr auto close = [](upstream_connection&& one) noexcept {
    const auto closed = std::move(one);
};

/// Neither closed by the upstream nor holding bytes that nobody asked for.
bool is_quiet(const upstream_connection& one) noexcept {
    const auto& ready = one.stream->ready();
    return !ready.hung_up() && !ready.readable();
}

}  // namespace

upstream_pool::upstream_pool(
    const policy::upstream_policy& rules, runtime::network& through, runtime::resolver& resolve
)
    : rules_{rules},
      through_{through},
      resolver_{resolve},
      loads_{rules.balance, rules.urls.size()} {
    for (const policy::http_url& url : rules.urls) {
        endpoint_state& made = endpoints_.emplace_back(
            idle_pool_config{rules.connections_max, rules.idle_timeout, rules.max_age}
        );
        made.url = url;
        const bool six = url.host.find(':') != std::string::npos;
        made.authority = (six ? '[' + url.host + ']' : url.host) + ':' + std::to_string(url.port);
        if (const auto numeric = runtime::endpoint::of(url.host, url.port)) {
            made.numeric = true;
            made.addresses.push_back(*numeric);
        }
    }
}

std::optional<upstream_connection> upstream_pool::take_idle(
    std::size_t endpoint, time_point now
) noexcept {
    auto& idle = endpoints_[endpoint].idle;
    while (auto kept = idle.take(now, close)) {
        if (is_quiet(kept->connection)) {
            kept->connection.reused = true;
            kept->connection.lent = loan{loads_, endpoint};
            return std::move(kept->connection);
        }
    }
    return std::nullopt;
}

runtime::task<result<upstream_connection>> upstream_pool::open(
    std::size_t endpoint, runtime::scope& under
) {
    endpoint_state& of = endpoints_[endpoint];
    auto resolving = resolve(of, under);
    const auto resolved = co_await resolving;
    if (!resolved) {
        co_return std::unexpected{resolved.error()};
    }
    failure last{errc::connect_failed, 0};
    const auto addresses = of.addresses;
    for (const runtime::endpoint& address : addresses) {
        auto connecting = runtime::connect(through_, address, under);
        auto made = co_await connecting;
        if (made) {
            loads_.connected(endpoint);
            upstream_connection opened;
            opened.lent = loan{loads_, endpoint};
            opened.stream = std::move(*made);
            opened.endpoint = endpoint;
            opened.opened = under.on().now();
            co_return opened;
        }
        last = made.error();
        if (under.ended()) {
            break;
        }
    }
    if (last.code != errc::cancelled) {
        loads_.connect_failed(endpoint, under.on().now());
    }
    co_return std::unexpected{last};
}

runtime::task<result<>> upstream_pool::resolve(endpoint_state& of, runtime::scope& under) {
    const time_point now = under.on().now();
    if (of.numeric || (!of.addresses.empty() && now - of.resolved < names_hold)) {
        co_return result<>{};
    }
    auto asking = resolver_.resolve(of.url.host, of.url.port, under);
    auto found = co_await asking;
    if (found) {
        of.addresses = std::move(*found);
        of.resolved = now;
    } else if (of.addresses.empty()) {
        co_return std::unexpected{found.error()};
    }
    co_return result<>{};
}

void upstream_pool::put_idle(
    upstream_connection connection, const http1::field_list& fields, time_point now
) {
    connection.lent = {};
    if (!is_quiet(connection)) {
        return;
    }
    connection.input.release_if_empty();
    const auto terms = parse_keep_alive(fields.value(http1::field_id::keep_alive));
    auto& idle = endpoints_[connection.endpoint].idle;
    const time_point opened = connection.opened;
    idle.put(std::move(connection), opened, terms, now, close);
}

void upstream_pool::sweep(time_point now) noexcept {
    for (endpoint_state& each : endpoints_) {
        each.idle.sweep(now, is_quiet, close);
    }
}

void upstream_pool::describe(std::vector<endpoint_snapshot>& out, time_point now) const {
    out.resize(endpoints_.size());
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
        const auto load = loads_.describe(i, now);
        out[i].address = endpoints_[i].authority;
        out[i].healthy = out[i].healthy && !load.resting;
        out[i].in_flight += load.in_flight;
        out[i].idle += static_cast<std::uint32_t>(endpoints_[i].idle.size());
        out[i].connects += load.connects;
        out[i].connect_failures += load.connect_failures;
    }
}

}  // namespace curfew::gateway
