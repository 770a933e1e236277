#include "exchange.hpp"
#include <curfew/gateway/gateway.hpp>

#include <array>

namespace curfew::gateway {

using runtime::io;

namespace {

constexpr std::size_t forwarding_bytes = 1024;

bool is_event_stream(const http1::response_head& head) noexcept {
    const auto type = head.fields.value(http1::field_id::content_type);
    constexpr std::string_view name = "text/event-stream";
    return type.size() >= name.size() &&
           http1::equals_ignoring_case(type.substr(0, name.size()), name);
}

}  // namespace

bound exchange::idle_bound(duration length, std::string_view name) const noexcept {
    return {deadline::after(now(), length), true, name, length};
}

void exchange::begin_upload(std::string_view head) {
    if (match_.provisional) {
        learnable_host_ = head_.host;
        learnable_path_ = head_.path;
    }
    request_head_out_ = head;
    client_.input.consume(head_bytes_);
    body_touched_ = true;
    upload_scope_.emplace(scope_);
    uploading_.spawn(upload());
}

runtime::task<> exchange::stop_upload() {
    if (upload_scope_) {
        upload_scope_->cancel();
        runtime::scope always{at_.on};
        auto joining = uploading_.join(always);
        co_await joining;
        upload_scope_.reset();
    }
}

void exchange::fail_upload(errc code, const cause& why) noexcept {
    upload_failure_ = failure{code, 0};
    scope_.end(why);
}

runtime::task<> exchange::upload() {
    const bool chunked = head_.body.kind == http1::body_kind::chunked;
    const auto& http = at_.shared.rules().http;
    const time_point begun = now();
    runtime::scope reading{*upload_scope_};
    for (;;) {
        const auto taken = uploaded_.step(client_.input.unread());
        if (uploaded_.failed()) {
            fail_upload(http1::request_error(uploaded_.why()), {});
            co_return;
        }
        if (http.body_bytes && uploaded_.received() > *http.body_bytes) {
            fail_upload(errc::body_too_large, {});
            co_return;
        }
        std::array<char, http1::chunk_head_bytes> room;
        http1::wire_writer size{room};
        if (chunked && !taken.data.empty()) {
            size.chunk_head(taken.data.size());
        }
        std::array parts{
            http::part(request_head_out_),
            http::part(size.written()),
            http::part(taken.data),
            http::part(chunked && !taken.data.empty() ? "\r\n" : ""),
            http::part(chunked && uploaded_.finished() ? "0\r\n\r\n" : ""),
        };
        request_head_out_ = {};
        auto sending = http::write_all(*upstream_->stream, parts, *upload_scope_);
        const auto sent = co_await sending;
        client_.input.consume(taken.consumed);
        if (sent.status != io::ok || uploaded_.finished()) {
            co_return;
        }
        if (taken.again) {
            continue;
        }
        reading.rebound(idle_bound(limits_.body_idle, "request.body_idle"));
        begin_waiting_for_client();
        auto filling = http::fill(client_.input, *client_.stream, http::block::usual, reading);
        const auto got = co_await filling;
        if (got.status == io::would_block && reading.ended() && !upload_scope_->ended()) {
            fail_upload(errc::client_too_slow, reading.why());
            co_return;
        }
        if (got.status != io::ok) {
            scope_.cancel();
            co_return;
        }
        end_waiting_for_client();
        if (is_too_slow(begun)) {
            const cause why{
                cause_kind::own_timeout, shed_reason::none, "http.body_rate", now() - begun
            };
            fail_upload(errc::client_too_slow, why);
            co_return;
        }
    }
}

void exchange::begin_waiting_for_client() noexcept {
    waiting_for_client_since_ = now();
    at_.on.timers().cancel(alarm_);
}

void exchange::end_waiting_for_client() noexcept {
    const time_point since = *std::exchange(waiting_for_client_since_, std::nullopt);
    if (permit_.held() && !permit_.abandoned() && !upload_scope_->ended()) {
        permit_.waited_for_client(now() - since);
        at_.on.timers().arm(alarm_, permit_.hangs_at(budget_.limit().limit));
    }
}

bool exchange::is_too_slow(time_point begun) const noexcept {
    const auto& rate = at_.shared.rules().http.body_rate;
    if (!rate || *rate == 0) {
        return false;
    }
    const auto earned = std::chrono::seconds{uploaded_.received() / *rate};
    return now() - begun > limits_.body_idle + earned;
}

runtime::task<> exchange::relay_response() {
    const http1::response_head& head = response_->head();
    permit_.answered(now());
    end_.reached = true;
    at_.shared.answers.fetch_add(1, std::memory_order_relaxed);
    end_.upstream = now() - sent_at_ - permit_.waited();
    if (match_.provisional && head.status != 404 && head.status != 405) {
        const bool kept = body_touched_;
        at_.shared.routes().learn(
            head_.method,
            kept ? std::string_view{learnable_host_} : head_.host,
            kept ? std::string_view{learnable_path_} : head_.path
        );
    }
    const bool request_read = head_.body.empty() || uploaded_.finished();
    const auto framing = frame_response(
        head, head_.minor_version, client_.keep_alive && request_read && !at_.arrivals.ended()
    );
    client_.keep_alive = framing.keep_alive;
    response_out_ = http::block{response_->consumed() + forwarding_bytes};
    http1::wire_writer out{response_out_.room()};
    forward_response(head, framing, head_.minor_version, out);
    unsent_head_ = out.written();
    event_stream_ = is_event_stream(head);
    if (event_stream_) {
        permit_.detach(now());
    }
    scope_.rebound({});
    budget_.enter(stage::body, now());
    upstream_->input.consume(response_->consumed());
    auto relaying = relay_body(framing);
    const auto ended = co_await relaying;
    const bool uploaded = head_.body.empty() || uploaded_.finished();
    auto stopping = stop_upload();
    co_await stopping;
    finish_response(ended, uploaded);
}

void exchange::finish_response(const result<>& ended, bool uploaded) {
    const http1::response_head& head = response_->head();
    if (ended) {
        const auto counted = head.status >= 500 ? outcome::failure : outcome::success;
        end_with(counted, {}, head.status);
        if (head.keep_alive && uploaded && upstream_->input.empty()) {
            pool_.put_idle(std::move(*upstream_), head.fields, now());
        }
        upstream_.reset();
        client_.keep_alive = client_.keep_alive && uploaded;
        return;
    }
    // The head is out, so the client learns by a connection that breaks off.
    client_.keep_alive = false;
    client_.broken = true;
    client_.stream->abort();
    const cause why = ended_why_;
    end_with(outcome_of(why), why, head.status, ended.error().code);
    if (why.kind == cause_kind::completed) {
        upstream_.reset();
    } else {
        give_up_on_upstream(why);
    }
}

runtime::task<result<>> exchange::relay_body(const response_framing& framing) {
    const bool chunked = framing.body.kind == http1::body_kind::chunked;
    const auto idle = event_stream_ ? at_.shared.rules().request.stream_idle : limits_.body_idle;
    http1::body_decoder decoder{response_->head().body};
    http::input_buffer& input = upstream_->input;
    runtime::scope reading{scope_};
    for (;;) {
        const auto taken = decoder.step(input.unread());
        if (decoder.failed()) {
            co_return fail(errc::upstream_protocol);
        }
        auto passing = pass_on(taken.data, chunked, decoder.finished());
        const bool passed = co_await passing;
        input.consume(taken.consumed);
        if (!passed) {
            ended_why_ = {cause_kind::cancelled};
            co_return fail(errc::cancelled);
        }
        if (decoder.finished()) {
            co_return result<>{};
        }
        if (taken.again) {
            continue;
        }
        reading.rebound(
            idle_bound(idle, event_stream_ ? "request.stream_idle" : "request.body_idle")
        );
        auto filling = http::fill(input, *upstream_->stream, http::block::large, reading);
        const auto got = co_await filling;
        if (got.status == io::would_block) {
            ended_why_ = reading.why();
            co_return fail(error_of(ended_why_));
        }
        if (got.status != io::ok) {
            decoder.close();
            if (got.status == io::end && decoder.finished()) {
                auto ending = pass_on({}, chunked, true);
                co_await ending;
                co_return result<>{};
            }
            co_return fail(
                got.status == io::end ? errc::upstream_closed : errc::upstream_reset, got.error
            );
        }
    }
}

runtime::task<bool> exchange::pass_on(std::string_view data, bool chunked, bool last) {
    std::array<char, http1::chunk_head_bytes> room;
    http1::wire_writer size{room};
    const bool chunk = chunked && !data.empty();
    if (chunk) {
        size.chunk_head(data.size());
    }
    std::array parts{
        http::part(std::exchange(unsent_head_, {})),
        http::part(size.written()),
        http::part(data),
        http::part(chunk ? "\r\n" : ""),
        http::part(chunked && last ? "0\r\n\r\n" : ""),
    };
    auto sending = send_to_client(client_, parts, at_);
    const bool sent = co_await sending;
    co_return sent;
}

}  // namespace curfew::gateway
