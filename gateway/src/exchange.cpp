#include "exchange.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>

namespace curfew::gateway {

namespace {

/// A seat in a route's queue, which somebody on another loop may decide.
struct queue_seat final : waiter, runtime::posted {
    explicit queue_seat(runtime::loop& loop) noexcept
        : waiter{[](waiter& decided) noexcept { static_cast<queue_seat&>(decided).tell(); }},
          posted{[](posted& self) noexcept { static_cast<queue_seat&>(self).told(); }},
          home{loop},
          thread{pthread_self()} {}

    void tell() noexcept {
        if (pthread_equal(pthread_self(), thread) != 0) {
            decided.pass();
            return;
        }
        on_its_way.store(true, std::memory_order_release);
        home.post(*this);
    }

    void told() noexcept {
        on_its_way.store(false, std::memory_order_release);
        decided.pass();
    }

    runtime::loop& home;
    pthread_t thread;
    runtime::baton decided;
    std::atomic<bool> on_its_way = false;
};

bool is_clients_fault(errc code) noexcept {
    const int status = describe(code).http_status;
    return status >= 400 && status < 500;
}

/// The trailer is a second part of the head: it counts on.
http1::body_limits limits_of_trailer(
    const policy::http_policy& http, const http1::request_head& head
) noexcept {
    http1::body_limits bounds;
    bounds.trailer_bytes = static_cast<std::uint32_t>(http.header_bytes);
    bounds.trailer_count = http.header_count - static_cast<std::uint32_t>(head.fields.all.size());
    return bounds;
}

}  // namespace

errc error_of(const cause& why) noexcept {
    switch (why.kind) {
        case cause_kind::own_timeout:
            return errc::own_timeout;
        case cause_kind::inherited_deadline:
            return errc::inherited_deadline;
        case cause_kind::shutdown:
            return errc::shutting_down;
        default:
            return errc::cancelled;
    }
}

outcome outcome_of(const cause& why) noexcept {
    switch (why.kind) {
        case cause_kind::own_timeout:
        case cause_kind::inherited_deadline:
            return outcome::timeout;
        case cause_kind::cancelled:
            return outcome::cancelled;
        case cause_kind::failed:
            return outcome::failure;
        default:
            return outcome::ignored;
    }
}

outcome outcome_by_client(const cause& why) noexcept {
    return why.kind == cause_kind::cancelled ? outcome::cancelled : outcome::ignored;
}

cause cause_of(errc code) noexcept {
    return is_clients_fault(code) ? rejection : cause{cause_kind::failed};
}

/// What the client or this machine did wrong says nothing about the upstream.
bool is_upstreams_fault(errc code) noexcept {
    return !is_clients_fault(code) && code != errc::local_resource && code != errc::internal;
}

exchange::exchange(
    worker_state& at,
    client_side& client,
    const http1::request_head& head,
    std::size_t consumed,
    route_match match,
    time_point arrival
)
    : at_{at},
      client_{client},
      head_{head},
      head_bytes_{consumed},
      match_{match},
      limits_{client.under->of->limits(match.route)},
      names_{client.under->of->names(match.route)},
      pool_{client.under->pool_of(match.route)},
      place_{at.shared.prepare(*client.under->of, match.route, arrival)},
      budget_{arrival, bound::after(arrival, limits_.timeout, names_.timeout)},
      trace_{continue_trace(head.fields, at.traces)},
      scope_{at.connections},
      alarm_{permit_, at.on},
      ahead_{at, scope_, [this](bool in_order) { upstream_is_done(in_order); }},
      body_{
          at,
          client,
          head.body,
          limits_of_trailer(client.under->rules().http, head),
          limits_.body_idle,
          names_.body_idle,
          scope_,
          alarm_
      },
      sent_before_{client.sent} {
    if (keeps_access_log(at)) {
        keep_facts();
    }
    if (const auto callers = read_callers_timeout(head.fields)) {
        budget_.tighten(callers->from(arrival));
    }
    scope_.rebound(budget_.limit());
    client_.keep_alive = head.keep_alive && at.keeps_alive();
    client_.stream->ready().cancel_on_hang_up(&scope_);
    live_.route = place_;
    live_.method = head.method;
    live_.trace = trace_.context;
    live_.arrival = arrival;
    live_.under = &scope_;
    live_.held = &permit_;
    live_.spent = &budget_;
    at_.live.push_back(live_);
}

exchange::~exchange() {
    client_.stream->ready().cancel_on_hang_up(nullptr);
}

runtime::task<> exchange::run() {
    if (head_.upgrade) {
        auto refusing = refuse(errc::upgrade_not_implemented, rejection);
        co_await refusing;
    } else if (const auto cap = client_.under->rules().http.body_bytes;
               cap && head_.body.kind == http1::body_kind::length && head_.body.length > *cap) {
        auto refusing = refuse(errc::body_too_large, rejection_by_size(*cap));
        co_await refusing;
    } else {
        bool admitted = true;
        if (body_.comes_first(head_bytes_)) {
            auto receiving = receive_first();
            admitted = co_await receiving;
        }
        if (admitted) {
            auto admitting = admit();
            admitted = co_await admitting;
        }
        for (std::uint8_t number = 1; admitted; ++number) {
            auto trying = attempt(number);
            const auto after = co_await trying;
            if (after == next::done) {
                break;
            }
        }
    }
    conclude();
}

/// A small body that is slow to come holds up nothing but its own connection.
runtime::task<bool> exchange::receive_first() {
    budget_.enter(stage::receive, now());
    auto telling = tell_to_continue();
    co_await telling;
    auto receiving = body_.receive(head_bytes_);
    const bool whole = co_await receiving;
    if (whole) {
        co_return true;
    }
    const auto& failed = body_.failure();
    const cause why = failed ? failed->why : scope_.why();
    const bool late =
        why.kind == cause_kind::own_timeout || why.kind == cause_kind::inherited_deadline;
    auto refusing = refuse(late ? errc::client_too_slow : error_of(why), why);
    co_await refusing;
    co_return false;
}

runtime::task<bool> exchange::admit() {
    queue_seat seat{at_.on};
    entered answer = at_.shared.guards().enter(place_, seat, budget_.limit(), now());
    if (const auto* waits = std::get_if<queued>(&answer)) {
        budget_.enter(waits->for_backend ? stage::start : stage::queue, now());
        auto waiting = seat.decided.wait(scope_);
        const auto woken = co_await waiting;
        if (woken == runtime::wake::ended && scope_.why().kind == cause_kind::cancelled) {
            at_.shared.guards().cancel(seat, now());
        } else {
            answer = at_.shared.guards().collect(seat, now());
        }
        if (std::holds_alternative<queued>(answer)) {
            at_.shared.guards().cancel(seat, now());
        }
        runtime::scope always{at_.on};
        while (seat.on_its_way.load(std::memory_order_acquire)) {
            auto settling = seat.decided.wait(always);
            co_await settling;
        }
    }
    if (auto* granted = std::get_if<permit>(&answer)) {
        permit_ = std::move(*granted);
        co_return true;
    }
    if (const auto* no = std::get_if<refused>(&answer)) {
        auto refusing = refuse(no->code, no->why, no->retry_after);
        co_await refusing;
        co_return false;
    }
    auto refusing = refuse(error_of(scope_.why()), scope_.why());
    co_await refusing;
    co_return false;
}

runtime::task<> exchange::refuse(errc code, cause why, duration retry_after) {
    budget_.close(now());
    end_with(
        is_clients_fault(code) ? outcome_by_client(why) : outcome_of(why),
        why,
        describe(code).http_status,
        code
    );
    if (why.kind == cause_kind::cancelled) {
        client_.broken = true;
        co_return;
    }
    client_.keep_alive = client_.keep_alive && body_.received();
    refusal what;
    what.code = code;
    what.why = why;
    what.retry_after = retry_after;
    what.route = client_.under->routes().name(match_.route);
    what.account = &budget_.account();
    if (budget_.limit().at.reachable()) {
        what.left = budget_.limit().at.left(now());
    }
    what.trace = trace_.context;
    what.head_only = head_.method == http1::method_id::head;
    what.client_minor_version = head_.minor_version;
    auto sending = send_refusal(client_, what, at_);
    co_await sending;
}

void exchange::end_with(
    outcome ended, const cause& why, int status, std::optional<errc> error
) noexcept {
    end_.ended = ended;
    end_.why = why;
    end_.status = status;
    error_ = error;
}

void exchange::keep_facts() noexcept {
    constexpr std::size_t method_bytes = 32;
    constexpr std::size_t host_bytes = 256;
    constexpr std::size_t path_bytes = 1024;
    kept_ = http::block{http::block::small};
    auto room = kept_.room();
    const auto keep = [&room](std::string_view text, std::size_t most) {
        const std::string_view kept = text.substr(0, most);
        std::ranges::copy(kept, room.begin());
        const std::string_view copied{room.data(), kept.size()};
        room = room.subspan(kept.size());
        return copied;
    };
    facts_.method = keep(head_.method_name, method_bytes);
    facts_.host = keep(head_.host, host_bytes);
    facts_.path = keep(head_.path, path_bytes);
}

void exchange::conclude() noexcept {
    budget_.close(now());
    if (permit_.held()) {
        const bool blameless = (error_ && !is_upstreams_fault(*error_)) || endpoints_fault_;
        permit_.leave(blameless ? outcome::ignored : end_.ended, end_.why.kind, now());
    }
    if (!body_.begun()) {
        client_.input.consume(head_bytes_);
    }
    end_.whole = now() - budget_.started();
    end_.slow = end_.whole >= client_.under->rules().request.slow && !event_stream_;
    at_.numbers(place_).record(end_);
    tell();
}

void exchange::tell() const noexcept {
    event what;
    what.where = surface::http;
    what.name = client_.under->routes().name(match_.route);
    what.ended = end_.ended;
    what.why = end_.why;
    what.error = error_;
    what.started = budget_.started();
    what.took = end_.whole;
    what.limit = budget_.limit().limit;
    what.account = budget_.account();
    what.trace = trace_.context;
    std::array<char, 8> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), end_.status).ptr;
    const std::array attributes{
        event::attribute{"status", {digits.data(), static_cast<std::size_t>(end - digits.data())}},
        event::attribute{"client", client_.from.text()},
        event::attribute{"slow", end_.slow ? "true" : "false"},
    };
    what.attributes = attributes;
    request_facts facts = facts_;
    facts.bytes_in = head_bytes_ + body_.bytes();
    facts.bytes_out = client_.sent - sent_before_;
    what.request = kept_ ? &facts : nullptr;
    at_.events.record(what);
}

}  // namespace curfew::gateway
