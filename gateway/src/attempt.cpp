#include "abandoned.hpp"
#include "exchange.hpp"
#include <curfew/runtime/sleep.hpp>

#include <array>

namespace curfew::gateway {

using runtime::io;

namespace {

constexpr http1::limits response_limits{64 * 1024, 200, 0};
constexpr std::size_t forwarding_bytes = 1024;

/// A supervised backend's end is noticed within this.
constexpr duration notice_pause = std::chrono::milliseconds{50};

bool is_cut(failure what) noexcept {
    return what.code == errc::upstream_closed || what.code == errc::upstream_reset;
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
    if (step) {
        budget_.enter(stage::attempt, now(), number);
        sent_at_ = now();
        at_.on.timers().arm(alarm_, permit_.hangs_at(budget_.limit().limit));
        auto sending = send_request();
        step = co_await sending;
    }
    if (step) {
        auto reading = read_response_head();
        step = co_await reading;
    }
    at_.on.timers().cancel(alarm_);
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
        const std::size_t to = pool_.pick(now());
        if (!fresh) {
            upstream_ = pool_.take_idle(to, now());
            if (upstream_) {
                co_return result<>{};
            }
        }
        const duration limit = pool_.rules().connect_timeout;
        runtime::scope connecting{scope_, budget_.child(now(), limit, "upstream.connect_timeout")};
        auto opening = pool_.open(to, connecting);
        auto opened = co_await opening;
        if (opened) {
            upstream_ = std::move(*opened);
            co_return result<>{};
        }
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
    if (head_.expect_continue) {
        std::array parts{http::part("HTTP/1.1 100 Continue\r\n\r\n")};
        auto telling = send_to_client(client_, parts, at_);
        co_await telling;
    }
    begin_upload(out.written());
    co_return result<>{};
}

runtime::task<result<>> exchange::read_response_head() {
    response_fields_ = http::block{response_limits.field_count * sizeof(http1::field)};
    const std::span<http1::field> storage{
        reinterpret_cast<http1::field*>(response_fields_.room().data()), response_limits.field_count
    };
    response_.emplace(storage, head_.method, response_limits);
    http::input_buffer& input = upstream_->input;
    for (;;) {
        if (!input.empty()) {
            const auto progress = response_->step(input.unread());
            if (progress == http1::progress::failed || response_->head().tunnel) {
                co_return fail(errc::upstream_protocol);
            }
            if (progress == http1::progress::done) {
                if (!response_->head().interim()) {
                    co_return result<>{};
                }
                input.consume(response_->consumed());
                response_->reset(head_.method);
                continue;
            }
        }
        auto filling =
            http::fill(input, *upstream_->stream, response_limits.head_bytes + 1, scope_);
        const auto got = co_await filling;
        if (got.status != io::ok) {
            co_return std::unexpected{broken(got)};
        }
    }
}

bool exchange::may_try_again(failure what, std::uint8_t number) const noexcept {
    // A connection that could not be made was tried at every endpoint already.
    return limits_.retry && upstream_ &&
           may_retry({
               .why = what.code,
               .idempotent = is_repeatable(head_),
               .reused = upstream_->reused,
               .head_written = true,
               .body_written = !head_.body.empty(),
               .response_begun = response_ && response_->begun(),
               .attempt = number,
           });
}

runtime::task<exchange::next> exchange::settle_failure(failure what, std::uint8_t number) {
    constexpr std::uint8_t attempts_max = 3;
    if (scope_.ended()) {
        const cause why = scope_.why();
        if (why.kind == cause_kind::own_timeout && waiting_for_client_since_ && !upload_failure_) {
            upload_failure_ = failure{errc::client_too_slow, 0};
        }
        auto stopping = stop_upload();
        co_await stopping;
        const bool unsent = !request_head_out_.empty();
        if (upstream_ && unsent) {
            upstream_.reset();
        } else if (upstream_) {
            give_up_on_upstream(upload_failure_ ? cause{cause_kind::cancelled} : why);
        }
        auto refusing =
            upload_failure_ ? refuse(upload_failure_->code, why) : refuse(error_of(why), why);
        co_await refusing;
        co_return next::done;
    }
    auto stopping = stop_upload();
    co_await stopping;
    if (may_try_again(what, number)) {
        upstream_.reset();
        end_.retried = true;
        co_return next::retry;
    }
    if (number < attempts_max && at_.shared.supervised && may_outlive_a_crash(what)) {
        upstream_.reset();
        auto waiting = wait_for_backend(what);
        const auto after = co_await waiting;
        co_return after;
    }
    upstream_.reset();
    cause why{};
    if (what.code == errc::connect_timeout) {
        const duration limit = pool_.rules().connect_timeout;
        why = {cause_kind::own_timeout, shed_reason::none, "upstream.connect_timeout", limit};
    }
    auto refusing = refuse(what.code, why);
    co_await refusing;
    co_return next::done;
}

bool exchange::may_outlive_a_crash(failure what) const noexcept {
    const bool begun = response_ && response_->begun();
    const bool harmless = is_repeatable(head_) && head_.body.empty() && !begun;
    return what.code == errc::connect_refused || (is_cut(what) && harmless);
}

runtime::task<exchange::next> exchange::wait_for_backend(failure what) {
    // Whether that was a crash is known a moment later; then the queue is the place to wait.
    permit_.leave(outcome::ignored, cause_kind::completed, now());
    budget_.enter(stage::backoff, now());
    runtime::sleep_until until{scope_, now() + notice_pause};
    co_await until;
    if (is_cut(what) && at_.shared.backend_is_up) {
        auto refusing = refuse(what.code, {});
        co_await refusing;
        co_return next::done;
    }
    auto admitting = admit();
    const bool admitted = co_await admitting;
    co_return admitted ? next::retry : next::done;
}

void exchange::give_up_on_upstream(const cause& why) {
    const outcome ended = outcome_of(why);
    // A deadline that the queue used up says nothing about the upstream.
    const bool had_its_time = (now() - sent_at_) * 2 >= budget_.limit().limit;
    const bool blameless = why.kind == cause_kind::own_timeout && !had_its_time;
    permit_.abandon(ended, blameless ? cause_kind::inherited_deadline : why.kind, now());
    const bool answering = response_ && response_->begun();
    at_.leftovers.spawn(see_out(
        at_,
        std::move(*upstream_),
        std::move(permit_),
        head_.method,
        budget_.limit().limit,
        answering
    ));
    upstream_.reset();
}

}  // namespace curfew::gateway
