#include "upstream_pool.hpp"

#include <curfew/runtime/loop.hpp>

#include <algorithm>
#include <charconv>

namespace curfew::gateway {

namespace {

constexpr duration avoid_for = std::chrono::seconds{1};
constexpr duration names_hold = std::chrono::seconds{30};

/// `Keep-Alive: timeout=5, max=100`
std::optional<duration> announced_idle(const http1::field_list& fields) noexcept {
    std::string_view list = fields.value(http1::field_id::keep_alive);
    for (auto each = http1::next_element(list); !each.empty(); each = http1::next_element(list)) {
        constexpr std::string_view name = "timeout=";
        std::uint32_t seconds = 0;
        if (each.starts_with(name)) {
            each.remove_prefix(name.size());
            const auto read = std::from_chars(each.data(), each.data() + each.size(), seconds);
            if (read.ec == std::errc{}) {
                return std::chrono::seconds{seconds};
            }
        }
    }
    return std::nullopt;
}

}  // namespace

upstream_pool::upstream_pool(
    const policy::upstream_policy& rules, runtime::network& through, runtime::resolver& resolve
)
    : rules_{rules}, through_{through}, resolver_{resolve} {
    for (const policy::http_url& url : rules.urls) {
        endpoint_state& made = endpoints_.emplace_back();
        made.url = url;
        const bool six = url.host.find(':') != std::string::npos;
        made.authority = (six ? '[' + url.host + ']' : url.host) + ':' + std::to_string(url.port);
        if (const auto numeric = runtime::endpoint::of(url.host, url.port)) {
            made.numeric = true;
            made.addresses.push_back(*numeric);
        }
    }
}

std::size_t upstream_pool::pick(time_point now) noexcept {
    const bool least = rules_.balance == policy::balancing::least_loaded;
    std::size_t best = next_ % endpoints_.size();
    bool found = false;
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
        const std::size_t at = (next_ + i) % endpoints_.size();
        if (endpoints_[at].avoid_until > now) {
            continue;
        }
        if (!found || (least && endpoints_[at].lent < endpoints_[best].lent)) {
            best = at;
            found = true;
        }
        if (!least) {
            break;
        }
    }
    next_ = best + 1;
    return best;
}

std::optional<upstream_connection> upstream_pool::take_idle(
    std::size_t endpoint, time_point now
) noexcept {
    endpoint_state& of = endpoints_[endpoint];
    while (!of.idle.empty()) {
        idle_connection last = std::move(of.idle.back());
        of.idle.pop_back();
        if (is_good(last, now)) {
            last.connection.reused = true;
            last.connection.lent = loan{of.lent};
            return std::move(last.connection);
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
        ++of.connects;
        auto connecting = runtime::connect(through_, address, under);
        auto made = co_await connecting;
        if (made) {
            upstream_connection opened;
            opened.lent = loan{of.lent};
            opened.stream = std::move(*made);
            opened.endpoint = endpoint;
            opened.opened = under.on().now();
            co_return opened;
        }
        ++of.connect_failures;
        last = made.error();
        if (under.ended()) {
            break;
        }
    }
    if (last.code != errc::cancelled) {
        of.avoid_until = under.on().now() + avoid_for;
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
    endpoint_state& of = endpoints_[connection.endpoint];
    connection.lent = {};
    const auto announced = announced_idle(fields);
    if (announced) {
        // Half a second less than the upstream waits: it must not close while a request is on its
        // way.
        connection.idle_limit = *announced - std::chrono::milliseconds{500};
    }
    idle_connection kept{std::move(connection), now};
    if (of.idle.size() < rules_.connections_max && is_good(kept, now)) {
        kept.connection.input.release_if_empty();
        of.idle.push_back(std::move(kept));
    }
}

bool upstream_pool::is_good(const idle_connection& kept, time_point now) const noexcept {
    const upstream_connection& one = kept.connection;
    const auto& ready = one.stream->ready();
    const duration limit = one.idle_limit > duration::zero()
                               ? std::min(one.idle_limit, rules_.idle_timeout)
                               : rules_.idle_timeout;
    return !ready.hung_up() && !ready.readable() && now - kept.since < limit &&
           now - one.opened < rules_.max_age;
}

void upstream_pool::sweep(time_point now) noexcept {
    for (endpoint_state& each : endpoints_) {
        std::erase_if(each.idle, [&](const idle_connection& kept) { return !is_good(kept, now); });
    }
}

void upstream_pool::describe(std::vector<endpoint_snapshot>& out, time_point now) const {
    out.resize(endpoints_.size());
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
        const endpoint_state& of = endpoints_[i];
        out[i].address = of.authority;
        out[i].healthy = out[i].healthy && of.avoid_until <= now;
        out[i].in_flight += of.lent;
        out[i].idle += static_cast<std::uint32_t>(of.idle.size());
        out[i].connects += of.connects;
        out[i].connect_failures += of.connect_failures;
    }
}

}  // namespace curfew::gateway
