#include "upstream_pool.hpp"

#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/sleep.hpp>

#include <algorithm>

namespace curfew::gateway {

namespace {

constexpr duration names_hold = std::chrono::seconds{30};

/// A name that could not be looked up again is tried again after this.
constexpr duration names_retry = std::chrono::seconds{1};

/// Says something about the endpoint: not our want of descriptors, not a caller's short deadline.
bool is_endpoints_fault(failure what, const runtime::scope& under) noexcept {
    if (under.ended()) {
        const cause why = under.why();
        return why.kind == cause_kind::own_timeout && why.limit_name == connect_limit_name;
    }
    return what.code != errc::cancelled && what.code != errc::local_resource;
}

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

/// Waits with a request on a fresh connection, and begins a trial whenever that takes long.
class first_answer final : private timer {
  public:
    explicit first_answer(upstream_pool& of) noexcept
        : timer{[](timer& self) noexcept { static_cast<first_answer&>(self).has_waited(); }},
          of_{of},
          since_{on().now()} {
        on().timers().arm(*this, since_ + of.agreed_.patience());
    }

    ~first_answer() {
        if (tried_ && on().now() - *tried_ >= pin_trial::first_patience) {
            of_.agreed_.end_trial({}, on().now());
        }
    }

    void answered(time_point now) noexcept {
        if (tried_) {
            of_.agreed_.end_trial(now - *std::exchange(tried_, {}), now);
        } else if (now - since_ >= pin_trial::first_patience && of_.idle() > 0) {
            of_.agreed_.answered(now - since_);
        }
    }

  private:
    [[nodiscard]] runtime::loop& on() const noexcept { return of_.background_scope_.on(); }

    void has_waited() noexcept {
        const time_point now = on().now();
        if (tried_) {
            of_.agreed_.end_trial({}, now);
            tried_.reset();
        }
        if (of_.agreed_.begin_trial(now)) {
            tried_ = now;
        }
        on().timers().arm(*this, now + of_.agreed_.patience());
    }

    upstream_pool& of_;
    time_point since_;
    std::optional<time_point> tried_;
};

upstream_connection::upstream_connection() noexcept = default;
upstream_connection::upstream_connection(upstream_connection&& other) noexcept = default;
upstream_connection& upstream_connection::operator=(upstream_connection&& other) noexcept = default;
upstream_connection::~upstream_connection() = default;

void upstream_connection::tell_answered(time_point now) noexcept {
    waits->answered(now);
    waits.reset();
}

upstream_pool::upstream_pool(
    const policy::upstream_policy& rules,
    idle_release& idle,
    runtime::network& through,
    runtime::resolver& resolve,
    runtime::task_group& background,
    runtime::scope& background_scope
)
    : rules_{rules},
      agreed_{idle},
      round_{idle.round()},
      through_{through},
      resolver_{resolve},
      background_{background},
      background_scope_{background_scope},
      loads_{rules.balance, rules.urls.size()} {
    for (const policy::http_url& url : rules_.urls) {
        endpoint_state& made = endpoints_.emplace_back(
            idle_pool_config{rules.idle_max, rules.idle_timeout, rules.max_age}
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
            connected(endpoint, under.on().now());
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
    if (is_endpoints_fault(last, under)) {
        connect_failed(endpoint, under.on().now());
    }
    co_return std::unexpected{last};
}

void upstream_pool::connected(std::size_t endpoint, time_point now) {
    const bool nobody_did = loads_.all_rest();
    loads_.connected(endpoint);
    if (nobody_did && on_recovery) {
        on_recovery(now);
    }
}

void upstream_pool::connect_failed(std::size_t endpoint, time_point now) {
    loads_.connect_failed(endpoint, now);
    if (!std::exchange(endpoints_[endpoint].being_tried, true)) {
        background_.spawn(try_again(shared_from_this(), endpoint));
    }
}

runtime::task<> upstream_pool::try_again(
    std::shared_ptr<upstream_pool> self, std::size_t endpoint
) {
    runtime::scope& under = self->background_scope_;
    runtime::loop& on = under.on();
    const balancer& loads = self->loads_;
    while (loads.rests(endpoint) && !under.ended() && !self->retired_) {
        // A failure that is not the endpoint's (no name, no descriptor) leaves next_try behind.
        const time_point soonest = on.now() + balancer::first_rest;
        runtime::sleep_until until{under, std::max(loads.next_try(endpoint), soonest)};
        co_await until;
        if (!loads.rests(endpoint) || under.ended() || self->retired_) {
            break;
        }
        const duration patience = self->rules_.connect_timeout;
        runtime::scope trying{under, bound::after(on.now(), patience, connect_limit_name)};
        auto opening = self->open(endpoint, trying);
        const auto opened = co_await opening;
    }
    self->endpoints_[endpoint].being_tried = false;
}

runtime::task<result<>> upstream_pool::resolve(endpoint_state& of, runtime::scope& under) {
    if (of.numeric) {
        co_return result<>{};
    }
    if (!of.addresses.empty()) {
        if (under.on().now() >= of.look_up_at && !std::exchange(of.looking_up, true)) {
            background_.spawn(look_up_again(shared_from_this(), of));
        }
        co_return result<>{};
    }
    auto asking = resolver_.resolve(of.url.host, of.url.port, under);
    auto found = co_await asking;
    if (!found) {
        co_return std::unexpected{found.error()};
    }
    of.addresses = std::move(*found);
    of.look_up_at = under.on().now() + names_hold;
    co_return result<>{};
}

/// Requests go to the addresses known so far meanwhile, and after a failure too.
runtime::task<> upstream_pool::look_up_again(
    std::shared_ptr<upstream_pool> self, endpoint_state& of
) {
    runtime::scope& under = self->background_scope_;
    const duration patience = self->rules_.connect_timeout;
    runtime::scope looking{under, bound::after(under.on().now(), patience, connect_limit_name)};
    auto asking = self->resolver_.resolve(of.url.host, of.url.port, looking);
    auto found = co_await asking;
    of.looking_up = false;
    of.look_up_at = looking.on().now() + (found ? names_hold : names_retry);
    if (found) {
        of.addresses = std::move(*found);
    }
}

void upstream_pool::put_idle(
    upstream_connection connection, const keep_alive_terms& terms, time_point now
) {
    connection.lent = {};
    if (retired_) {
        return;
    }
    if (!agreed_.may_keep(now)) {
        agreed_.released(1);
        return;
    }
    if (!is_quiet(connection)) {
        return;
    }
    connection.input.release_if_empty();
    auto& idle = endpoints_[connection.endpoint].idle;
    const time_point opened = connection.opened;
    idle.put(std::move(connection), opened, terms, now, close);
}

std::optional<time_point> upstream_pool::next_end() const noexcept {
    std::optional<time_point> first;
    for (const endpoint_state& each : endpoints_) {
        const auto end = each.idle.next_end();
        if (end && (!first || *end < *first)) {
            first = end;
        }
    }
    return first;
}

void upstream_pool::sweep(time_point now) noexcept {
    for (endpoint_state& each : endpoints_) {
        each.idle.sweep(now, is_quiet, close);
    }
}

void upstream_pool::let_go_if_asked(time_point now) noexcept {
    if (std::exchange(round_, agreed_.round()) == round_) {
        return;
    }
    agreed_.released(idle());
    close_idle(now);
}

void upstream_pool::retire() noexcept {
    retired_ = true;
    close_idle(time_point::min());
}

void upstream_pool::close_idle(time_point now) noexcept {
    constexpr auto none = [](const upstream_connection&) noexcept { return false; };
    for (endpoint_state& each : endpoints_) {
        each.idle.sweep(now, none, close);
    }
}

std::size_t upstream_pool::idle() const noexcept {
    std::size_t all = 0;
    for (const endpoint_state& each : endpoints_) {
        all += each.idle.size();
    }
    return all;
}

void upstream_pool::expect_answer(upstream_connection& on) {
    if (!on.reused) {
        on.waits = std::make_unique<first_answer>(*this);
    }
}

void upstream_pool::describe(std::vector<endpoint_snapshot>& out) const {
    out.resize(endpoints_.size());
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
        const auto load = loads_.describe(i);
        out[i].address = endpoints_[i].authority;
        if (load.resting != rest_reason::none) {
            out[i].healthy = false;
            out[i].why = to_string(load.resting);
        }
        out[i].reachable = out[i].reachable && load.resting != rest_reason::no_connections;
        out[i].in_flight += load.in_flight;
        out[i].idle += static_cast<std::uint32_t>(endpoints_[i].idle.size());
        out[i].connects += load.connects;
        out[i].connect_failures += load.connect_failures;
        out[i].rests += load.rests;
    }
}

}  // namespace curfew::gateway
