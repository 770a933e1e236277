#include "abandoned.hpp"
#include "exchange.hpp"
#include <curfew/runtime/sleep.hpp>

#include <array>
#include <cerrno>
#include <utility>

namespace curfew::gateway {

using runtime::io;

namespace {

constexpr http1::limits response_limits{64 * 1024, 200, 0};
constexpr std::size_t forwarding_bytes = 1024;

/// Of one answer: more are a flood.
constexpr int interims_max = 8;

/// What an upstream breaks beside the rules that a parser knows, as a failure's detail.
constexpr std::int32_t unasked_switch = -1;
constexpr std::int32_t interim_flood = -2;

std::string_view rule_broken(std::int32_t detail) noexcept {
    switch (detail) {
        case unasked_switch:
            return "101 where no upgrade was asked for";
        case interim_flood:
            return "more than 8 interim answers";
        default:
            return http1::describe(static_cast<http1::violation>(detail));
    }
}

/// A supervised backend's end is noticed within this.
constexpr duration notice_pause = std::chrono::milliseconds{50};

bool is_cut(failure what) noexcept {
    return what.code == errc::upstream_closed || what.code == errc::upstream_reset;
}

/// Of what this machine ran out, by the name of its limit.
std::string_view limit_behind(int error) noexcept {
    switch (error) {
        case EMFILE:
            return "RLIMIT_NOFILE";
        case ENFILE:
            return "fs.file-max";
        case EADDRNOTAVAIL:
            return "net.ipv4.ip_local_port_range";
        case ENOSPC:
            return "fs.epoll.max_user_watches";
        default:
            return "memory";
    }
}

failure broken(const runtime::io_result& got) noexcept {
    return {got.status == io::end ? errc::upstream_closed : errc::upstream_reset, got.error};
}

}  // namespace

runtime::task<exchange::next> exchange::attempt(std::uint8_t number) {
    const time_point begun = now();
    budget_.enter(stage::connect, begun);
    auto connecting = get_connection(number > 1);
    auto step = co_await connecting;
    if (step && permit_.has_lost_upstream()) {
        // It was let into the life before, and waits for the next one as everybody does.
        upstream_.reset();
        step = fail(errc::connect_refused);
    }
    if (step) {
        budget_.enter(stage::attempt, now(), number);
        sent_at_ = now();
        upstream_->lent.sent(place_, now());
        permit_.sent(now());
        if (head_.body.empty()) {
            pool_.expect_answer(*upstream_);
        }
        alarm_.begin(budget_.limit().limit, endpoint_to_blame(), {&scope_, names_.adaptive});
        auto sending = send_request();
        step = co_await sending;
    }
    if (step) {
        auto reading = read_response_head();
        step = co_await reading;
    }
    if (step) {
        upstream_->answered(now());
        endpoints_fault_ = upstream_->lent.answered(response_->head().status >= 500, now());
    }
    alarm_.end();
    if (!step) {
        auto settling = settle_failure(step.error(), number);
        co_return co_await settling;
    }
    auto relaying = relay_response();
    co_await relaying;
    co_return next::done;
}

runtime::task<result<>> exchange::get_connection(bool fresh) {
    failure last{errc::connect_failed, 0};
    for (std::size_t tried = 0; tried < pool_.endpoints(); ++tried) {
        const std::size_t to = pool_.pick(now(), is_repeatable(head_) && head_.body.empty());
        facts_.upstream = pool_.authority(to);
        if (!fresh) {
            upstream_ = pool_.take_idle(to, now());
            if (upstream_) {
                co_return result<>{};
            }
        }
        const duration limit = pool_.rules().connect_timeout;
        runtime::scope connecting{scope_, budget_.child(now(), limit, connect_limit_name)};
        auto opening = pool_.open(to, connecting);
        auto opened = co_await opening;
        if (opened) {
            upstream_ = std::move(*opened);
            co_return result<>{};
        }
        pool_.not_sent(to);
        last = opened.error();
        if (scope_.ended()) {
            break;
        }
    }
    co_return std::unexpected{last};
}

runtime::task<result<>> exchange::send_request() {
    request_out_ = http::block{head_bytes_ + forwarding_bytes + head_.host.size()};
    http1::wire_writer out{request_out_.room()};
    const auto limit = budget_.limit().at;
    const request_forwarding how{
        .from = client_.from,
        .path = head_.path,
        .authority = pool_.authority(upstream_->endpoint),
        .left = limit.reachable() ? std::optional{limit.left(now())} : std::nullopt,
        .trace = trace_.context,
        .trace_continued = trace_.continued,
    };
    forward_request(head_, how, out);
    if (!out.ok()) {
        co_return fail(errc::header_too_large);
    }
    if (head_.body.empty()) {
        std::array parts{http::part(out.written())};
        auto sending = http::write_all(*upstream_->stream, parts, scope_);
        const auto sent = co_await sending;
        if (sent.status != io::ok) {
            co_return std::unexpected{broken(sent)};
        }
        co_return result<>{};
    }
    auto telling = tell_to_continue();
    co_await telling;
    begin_upload(out.written());
    co_return result<>{};
}

runtime::task<> exchange::tell_to_continue() {
    if (head_.expect_continue && !std::exchange(told_to_continue_, true)) {
        std::array parts{http::part("HTTP/1.1 100 Continue\r\n\r\n")};
        auto telling = send_to_client(client_, parts, at_);
        co_await telling;
    }
}

void exchange::begin_upload(std::string_view head) {
    if (match_.provisional) {
        learnable_host_ = head_.host;
        learnable_path_ = head_.path;
    }
    client_.input.consume(head_bytes_);
    body_.begin(head, *upstream_->stream);
}

runtime::task<result<>> exchange::read_response_head() {
    response_.emplace(response_limits, head_.method);
    http::input_buffer& input = upstream_->input;
    for (int interims = 0;;) {
        auto reading = http::read_head(*response_, input, *upstream_->stream, scope_);
        const auto got = co_await reading;
        if (got.status != io::ok) {
            co_return std::unexpected{broken(got)};
        }
        if (response_->failed()) {
            co_return fail(errc::upstream_protocol, static_cast<int>(response_->why()));
        }
        if (response_->head().tunnel) {
            co_return fail(errc::upstream_protocol, unasked_switch);
        }
        if (!response_->head().interim()) {
            co_return result<>{};
        }
        if (++interims > interims_max) {
            co_return fail(errc::upstream_protocol, interim_flood);
        }
        auto passing = pass_on_interim();
        const bool passed = co_await passing;
        if (!passed) {
            scope_.cancel();
            co_return fail(errc::cancelled);
        }
        input.consume(response_->consumed());
        response_->reset(head_.method);
    }
}

/// 1xx but 100, which was said here, if anybody asked for it. To 1.0 none is sent (RFC 9110, 15.2).
runtime::task<bool> exchange::pass_on_interim() {
    const http1::response_head& head = response_->head();
    if (head.status == 100 || head_.minor_version == 0) {
        co_return true;
    }
    response_out_ = http::block{response_->consumed() + forwarding_bytes};
    http1::wire_writer out{response_out_.room()};
    forward_response(head, {}, head_.minor_version, {}, out);
    std::array parts{http::part(out.written())};
    auto sending = send_to_client(client_, parts, at_);
    const bool sent = co_await sending;
    co_return sent;
}

bool exchange::may_try_again(failure what, std::uint8_t number) const noexcept {
    // A connection that could not be made was tried at every endpoint already.
    return limits_.retry && upstream_ &&
           may_retry({
               .why = what.code,
               .idempotent = is_repeatable(head_),
               .reused = upstream_->reused || upstream_->lent.is_trial(),
               .head_written = true,
               .body_written = !head_.body.empty(),
               .response_begun = response_ && response_->begun(),
               .attempt = number,
           });
}

/// What ended the whole request, in time or by its client, and whose doing it was.
runtime::task<> exchange::settle_end() {
    const cause why = scope_.why();
    const bool adaptive = why.limit_name == names_.adaptive;  // which counts no time of the client
    if (why.kind == cause_kind::own_timeout && !adaptive && body_.was_held_up(sent_at_, {})) {
        body_.fail(errc::client_too_slow, why);
    }
    auto stopping = body_.stop();
    co_await stopping;
    if (upstream_ && body_.unsent()) {
        upstream_.reset();
    } else if (upstream_ && body_.failure()) {
        give_up_on_upstream({cause_kind::cancelled});
    } else if (upstream_ && why.kind == cause_kind::own_timeout && !upstream_had_its_time(why)) {
        give_up_on_upstream({cause_kind::inherited_deadline});
    } else if (upstream_) {
        tell_overdue(why);
        give_up_on_upstream(why);
    }
    const auto& failed = body_.failure();
    auto refusing = failed ? refuse(failed->code, failed->why) : refuse(error_of(why), why);
    co_await refusing;
}

/// A deadline that the queue or the client used up says nothing about the upstream.
bool exchange::upstream_had_its_time(const cause& why) const noexcept {
    return (now() - sent_at_ - body_.waited()) * 2 >= why.limit;
}

runtime::task<exchange::next> exchange::settle_failure(failure what, std::uint8_t number) {
    constexpr std::uint8_t attempts_max = 3;
    if (scope_.ended()) {
        auto settling = settle_end();
        co_await settling;
        co_return next::done;
    }
    auto stopping = body_.stop();
    co_await stopping;
    const bool said_nothing = is_cut(what) || what.code == errc::upstream_protocol;
    if (upstream_ && !upstream_->reused && said_nothing) {
        endpoints_fault_ = upstream_->lent.failed(now());
    }
    if (may_try_again(what, number)) {
        cut_ = is_cut(what);
        upstream_.reset();
        endpoints_fault_ = false;
        end_.retried = true;
        co_return next::retry;
    }
    cut_ = cut_ || is_cut(what);
    if (number < attempts_max && is_supervised() && may_outlive_a_crash(what)) {
        upstream_.reset();
        auto waiting = wait_for_backend(what);
        const auto after = co_await waiting;
        co_return after;
    }
    if (is_cut(what)) {
        permit_.broke_off(now());
    }
    upstream_.reset();
    cause why = cause_of(what.code);
    if (what.code == errc::upstream_protocol && what.detail != 0) {
        why.detail = rule_broken(what.detail);
    }
    if (what.code == errc::connect_timeout) {
        const edition& under = *client_.under->of;
        const auto name = under.place_of(under.upstream(match_.route)).connect_timeout;
        const duration limit = pool_.rules().connect_timeout;
        why = {cause_kind::own_timeout, shed_reason::none, name, limit};
    } else if (what.code == errc::local_resource) {
        why.limit_name = limit_behind(what.detail);
    }
    auto refusing = refuse(what.code, why);
    co_await refusing;
    co_return next::done;
}

loan* exchange::endpoint_to_blame() noexcept {
    return pool_.endpoints() > 1 ? &upstream_->lent : nullptr;
}

bool exchange::is_supervised() const noexcept {
    const edition& under = *client_.under->of;
    return at_.shared.supervises(under.place_of(under.upstream(match_.route)).guards);
}

bool exchange::may_outlive_a_crash(failure what) const noexcept {
    const bool begun = response_ && response_->begun();
    const bool harmless = is_repeatable(head_) && head_.body.empty() && !begun;
    return what.code == errc::connect_refused || (is_cut(what) && harmless && limits_.retry);
}

runtime::task<exchange::next> exchange::wait_for_backend(failure what) {
    budget_.enter(stage::backoff, now());
    if (cut_) {
        permit_.broke_off(now());
    }
    runtime::sleep_until until{scope_, now() + notice_pause};
    co_await until;
    // Who was there at one crash was only there; who was there at two is taken for their cause.
    const bool crashed = !is_cut(what) || permit_.has_lost_upstream();
    crashes_ += cut_ && crashed ? 1 : 0;
    if (!crashed || crashes_ > 1 || permit_.brought_upstream_down(now())) {
        auto refusing = refuse(what.code, cause_of(what.code));
        co_await refusing;
        co_return next::done;
    }
    end_.retried = end_.retried || cut_;
    cut_ = false;
    permit_.leave(outcome::ignored, cause_kind::completed, now());
    auto admitting = admit();
    const bool admitted = co_await admitting;
    co_return admitted ? next::retry : next::done;
}

void exchange::tell_overdue(const cause& why) const {
    if (why.kind == cause_kind::own_timeout && is_supervised() && at_.shared.backend_overdue) {
        at_.shared.backend_overdue(why.limit);
    }
}

void exchange::give_up_on_upstream(const cause& why) {
    if (why.kind == cause_kind::own_timeout && upstream_->lent.hangs(now())) {
        permit_.blame_endpoint(now());
    }
    permit_.abandon(outcome_of(why), why.kind, now());
    live_.unlink();
    const bool answering = response_ && response_->begun();
    at_.leftovers.spawn(see_out(
        at_,
        client_.under,
        std::move(*upstream_),
        std::move(permit_),
        {place_, head_.method, trace_.context, budget_.started()},
        budget_.limit().limit,
        answering
    ));
    upstream_.reset();
}

}  // namespace curfew::gateway
