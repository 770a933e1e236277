#include "exchange.hpp"
#include <curfew/gateway/gateway.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace curfew::gateway {

using runtime::io;

namespace {

constexpr std::size_t forwarding_bytes = 1024;

bool is_event_stream(const http1::response_head& head) noexcept {
    const auto type = head.fields.value(http1::field_id::content_type);
    constexpr std::string_view name = "text/event-stream";
    const auto rest = type.substr(std::min(type.size(), name.size()));
    return http1::equals_ignoring_case(type.substr(0, name.size()), name) &&
           (rest.empty() || rest[0] == ';' || rest[0] == ' ' || rest[0] == '\t');
}

}  // namespace

/// Why the relay of a response ended before its body did.
struct exchange::cut {
    errc code{};
    cause why{cause_kind::failed};
    bool by_client = false;  ///< it held the exchange up: no word about the upstream
};

runtime::task<> exchange::relay_response() {
    const http1::response_head& head = response_->head();
    permit_.answered(now(), head.status);
    end_.reached = true;
    if (is_supervised()) at_.shared.heard_from_backend(now());
    end_.upstream = now() - sent_at_ - permit_.waited();
    learn_route();
    const auto framing = frame_response(
        head, head_.minor_version, client_.keep_alive && body_.received() && at_.keeps_alive()
    );
    client_.keep_alive = framing.keep_alive;
    response_out_ = http::block{response_->consumed() + forwarding_bytes};
    http1::wire_writer out{response_out_.room()};
    forward_response(head, framing, head_.minor_version, at_.date.text(now()), out);
    unsent_head_ = out.written();
    event_stream_ = is_event_stream(head);
    if (event_stream_) {
        permit_.detach(now());
    }
    scope_.rebound({});
    budget_.enter(stage::body, now());
    // What the head's fields point to is overwritten from here on.
    idle_terms_ = parse_keep_alive(head.fields.value(http1::field_id::keep_alive));
    std::swap(answer_, upstream_->input);
    answer_.consume(response_->consumed());
    chunked_out_ = framing.body.kind == http1::body_kind::chunked;
    auto relaying = relay_body();
    const auto how = co_await relaying;
    auto stopping = body_.stop();
    co_await stopping;
    if (!how) {
        finish_whole();
    } else if (const auto& failed = body_.failure()) {
        break_off({failed->code, failed->why, true});
    } else {
        break_off(*how);
    }
}

void exchange::learn_route() {
    const int status = response_->head().status;
    if (match_.provisional && status != 404 && status != 405) {
        const bool kept = body_.begun();
        client_.under->routes().learn(
            head_.method,
            kept ? std::string_view{learnable_host_} : head_.host,
            kept ? std::string_view{learnable_path_} : head_.path
        );
    }
}

/// All of the answer is here. What is left is between us and the client: the upstream is free.
/// `in_order`: not a byte stands behind the answer.
void exchange::upstream_is_done(bool in_order) {
    const http1::response_head& head = response_->head();
    if (!upstream_ || !body_.sent()) {
        return;
    }
    permit_.leave(
        head.status >= 500 ? outcome::failure : outcome::success, cause_kind::completed, now()
    );
    if (head.keep_alive && in_order) {
        pool_.put_idle(std::move(*upstream_), idle_terms_, now());
    }
    upstream_.reset();
}

void exchange::finish_whole() {
    const http1::response_head& head = response_->head();
    end_with(head.status >= 500 ? outcome::failure : outcome::success, {}, head.status);
    if (upstream_ && head.keep_alive && body_.sent() && answer_.empty() && ahead_.empty() &&
        !ahead_.end()) {
        pool_.put_idle(std::move(*upstream_), idle_terms_, now());
    }
    upstream_.reset();
    client_.keep_alive = client_.keep_alive && body_.received();
}

/// The head is out, so the client learns by a connection that breaks off.
void exchange::break_off(const cut& how) {
    client_.keep_alive = false;
    client_.broken = true;
    client_.stream->abort();
    const outcome ended = how.by_client ? outcome_by_client(how.why) : outcome_of(how.why);
    end_with(ended, how.why, response_->head().status, how.code);
    if (!upstream_) {
        return;
    }
    if (how.by_client) {
        give_up_on_upstream({cause_kind::cancelled});
    } else if (how.why.kind == cause_kind::failed) {
        if (how.code != errc::upstream_protocol) {
            permit_.broke_off(now());
        }
        upstream_.reset();
    } else {
        tell_overdue(how.why);
        give_up_on_upstream(how.why);
    }
}

runtime::task<std::optional<exchange::cut>> exchange::relay_body() {
    http1::body_decoder decoder{response_->head().body};
    bool acknowledged = !upstream_->reused;  // a young connection is not put off
    for (;;) {
        const auto taken = decoder.step(answer_.unread());
        if (decoder.failed()) {
            cut broken{errc::upstream_protocol};
            broken.why.detail = http1::describe(decoder.why());
            co_return broken;
        }
        auto passing = pass_on(taken.data, decoder, answer_.unread().substr(taken.consumed));
        const bool passed = co_await passing;
        answer_.consume(taken.consumed);
        if (!passed) {
            co_return cut{error_of(client_.broken_by), client_.broken_by, true};
        }
        if (decoder.finished()) {
            co_return std::nullopt;
        }
        if (taken.again) {
            continue;
        }
        if (upstream_ && !std::exchange(acknowledged, true)) {
            upstream_->stream->acknowledge();
        }
        auto reading = more_of_answer();
        const auto ended = co_await reading;
        if (ended) {
            decoder.close();
            if (ended->code == errc::upstream_closed && decoder.finished()) {
                auto ending = pass_on({}, decoder, {});
                co_await ending;
                co_return std::nullopt;
            }
            co_return ended;
        }
    }
}

/// Waits for more of the body. Only this counts as the upstream's pause: a client that is slow to
/// take what there is takes its own time, and one that the upstream waits for gives none.
runtime::task<std::optional<exchange::cut>> exchange::more_of_answer() {
    const duration length =
        event_stream_ ? client_.under->rules().request.stream_idle : limits_.body_idle;
    const std::string_view name = event_stream_ ? "request.stream_idle" : names_.body_idle;
    if (!ahead_.empty()) {
        ahead_.take(answer_);
        co_return std::nullopt;
    }
    if (const auto& end = ahead_.end()) {
        co_return cut{end->status == io::end ? errc::upstream_closed : errc::upstream_reset};
    }
    answer_.release_if_empty();
    const bound own = bound::after(now(), length, name);
    const time_point since = now();
    const duration held_up_before = body_.waited();
    runtime::scope idle{scope_, own};
    auto filling = http::fill(answer_, *upstream_->stream, http::block::large, idle);
    const auto got = co_await filling;
    switch (got.status) {
        case io::ok:
            co_return std::nullopt;
        case io::end:
            co_return cut{errc::upstream_closed};
        case io::failed:
            co_return cut{errc::upstream_reset};
        case io::would_block:
            break;
    }
    const cause why = idle.why();
    if (why == own.expired_cause() && body_.was_held_up(since, held_up_before)) {
        co_return cut{errc::client_too_slow, why, true};
    }
    co_return cut{error_of(why), why};
}

runtime::task<bool> exchange::pass_on(
    std::string_view data, const http1::body_decoder& decoder, std::string_view rest
) {
    const bool last = decoder.finished();
    std::array<char, http1::chunk_head_bytes> room;
    http1::wire_writer size{room};
    const bool chunk = chunked_out_ && !data.empty();
    if (chunk) {
        size.chunk_head(data.size());
    }
    std::array parts{
        http::part(std::exchange(unsent_head_, {})),
        http::part(size.written()),
        http::part(data),
        http::part(chunk ? "\r\n" : ""),
        http::part(chunked_out_ && last ? "0\r\n\r\n" : ""),
    };
    std::span<iovec> left = parts;
    const std::size_t at_once = http::write_at_once(*client_.stream, left);
    pace_.bytes += at_once;
    client_.sent += at_once;
    if (left.empty()) {
        co_return true;
    }
    // The upstream waits for the client only while it has more to say.
    const bool holds_up = !last && !event_stream_ && upstream_;
    alarm_.pause();
    if (holds_up) {
        const auto most = client_.under->rules().http.response_buffer;
        ahead_.begin(*upstream_->stream, decoder, rest, most.value_or(0));
    } else if (last) {
        upstream_is_done(rest.empty());
    }
    auto sending = send_to_client(client_, left, at_, holds_up ? &pace_ : nullptr);
    const bool sent = co_await sending;
    auto stopping = ahead_.stop();
    co_await stopping;
    alarm_.resume();
    co_return sent;
}

}  // namespace curfew::gateway
