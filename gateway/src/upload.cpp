#include "upload.hpp"

#include <curfew/gateway/refusal.hpp>
#include <curfew/http/input_buffer.hpp>
#include <curfew/protocol/http1_writer.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace curfew::gateway {

using runtime::io;

namespace {

std::size_t room_for(std::uint64_t length) noexcept {
    return std::max<std::size_t>(length, http::block::usual);
}

cause own_timeout(std::string_view limit_name, duration limit) noexcept {
    return {cause_kind::own_timeout, shed_reason::none, limit_name, limit};
}

}  // namespace

upload::upload(
    worker_state& at,
    client_side& from,
    const http1::body_framing& body,
    const http1::body_limits& bounds,
    duration idle,
    std::string_view idle_name,
    runtime::scope& request,
    hang_alarm& alarm
) noexcept
    : at_{at},
      from_{from},
      request_{request},
      alarm_{alarm},
      idle_{idle},
      idle_name_{idle_name},
      chunked_{body.kind == http1::body_kind::chunked},
      decoder_{body, bounds},
      sent_{body.empty()} {}

upload::~upload() {
    at_.bodies_held -= held_;
}

bool upload::comes_first(std::size_t head_bytes) const noexcept {
    const auto small = from_.under->rules().http.body_buffer;
    const auto length = decoder_.announced();
    return small && !chunked_ && length <= *small &&
           at_.bodies_held + room_for(length) <= worker_state::bodies_held_max &&
           from_.input.unread().size() < head_bytes + length;
}

runtime::task<bool> upload::receive(std::size_t head_bytes) {
    held_ = room_for(decoder_.announced());
    at_.bodies_held += held_;
    const std::size_t behind_head = from_.input.unread().size() - head_bytes;
    const std::size_t left = decoder_.announced() - behind_head;
    while (early_.unread().size() < left) {
        if (!is_fast_enough(behind_head + early_.unread().size())) {
            co_return false;
        }
        auto waiting = more(early_, left, request_);
        const bool going = co_await waiting;
        if (!going) {
            co_return false;
        }
    }
    waited_ = {};
    co_return true;
}

void upload::begin(std::string_view head, runtime::stream& to) {
    head_out_ = head;
    to_ = &to;
    scope_.emplace(request_);
    running_.spawn(run());
}

runtime::task<> upload::stop() {
    if (scope_) {
        scope_->cancel();
        runtime::scope always{at_.on};
        auto joining = running_.join(always);
        co_await joining;
        scope_.reset();
    }
}

void upload::fail(errc code, const cause& why) noexcept {
    if (!failure_) {
        failure_ = failed{code, why};
        request_.end(why);
    }
}

duration upload::waited() const noexcept {
    return waiting_since_ ? waited_ + (at_.on.now() - *waiting_since_) : waited_;
}

bool upload::was_held_up(time_point since, duration before) const noexcept {
    return begun() && !received() && 2 * (waited() - before) > at_.on.now() - since;
}

runtime::task<> upload::run() {
    for (bool going = true; going;) {
        const auto piece = decoder_.step(from_.input.unread());
        if (!is_acceptable()) {
            co_return;
        }
        auto passing = pass_on(piece);
        going = co_await passing;
        from_.input.consume(piece.consumed);
        if (going && decoder_.finished()) {
            sent_ = true;
            co_return;
        }
        if (going && !piece.again) {
            auto waiting = next_piece();
            going = co_await waiting;
        }
    }
}

bool upload::is_acceptable() noexcept {
    const auto& http = from_.under->rules().http;
    if (decoder_.failed()) {
        fail(http1::request_error(decoder_.why()), rejection_by(decoder_.why(), http));
    } else if (http.body_bytes && decoder_.received() > *http.body_bytes) {
        fail(errc::body_too_large, rejection_by_size(*http.body_bytes));
    } else if (!decoder_.finished()) {
        return is_fast_enough(decoder_.received());
    }
    return !failure_;
}

bool upload::is_fast_enough(std::uint64_t received) noexcept {
    const auto rate = from_.under->rules().http.body_rate;
    if (rate && *rate > 0) {
        const duration enough = idle_ + std::chrono::seconds{received / *rate};
        if (waited_ > enough) {
            fail(errc::client_too_slow, own_timeout("http.body_rate", enough));
        }
    }
    return !failure_;
}

runtime::task<bool> upload::pass_on(const http1::body_decoder::taken& piece) {
    std::array<char, http1::chunk_head_bytes> room;
    http1::wire_writer size{room};
    const bool chunk = chunked_ && !piece.data.empty();
    if (chunk) {
        size.chunk_head(piece.data.size());
    }
    std::array parts{
        http::part(std::exchange(head_out_, {})),
        http::part(size.written()),
        http::part(piece.data),
        http::part(chunk ? "\r\n" : ""),
        http::part(chunked_ && decoder_.finished() ? "0\r\n\r\n" : ""),
    };
    auto sending = http::write_all(*to_, parts, *scope_);
    const auto sent = co_await sending;
    co_return sent.status == io::ok;
}

runtime::task<bool> upload::next_piece() {
    if (!early_.empty()) {
        std::swap(from_.input, early_);
        co_return true;
    }
    alarm_.pause();
    auto waiting = more(from_.input, http::block::usual, *scope_);
    const bool going = co_await waiting;
    alarm_.resume();
    co_return going;
}

/// Waits for the client's next bytes: only that is its time.
runtime::task<bool> upload::more(
    http::input_buffer& into, std::size_t longest, runtime::scope& under
) {
    const bound own = bound::after(at_.on.now(), idle_, idle_name_);
    runtime::scope idle{under, own};
    waiting_since_ = at_.on.now();
    auto filling = http::fill(into, *from_.stream, longest, idle);
    const auto got = co_await filling;
    waited_ = waited();
    waiting_since_.reset();
    if (got.status == io::would_block) {
        if (idle.why() == own.expired_cause()) {
            fail(errc::client_too_slow, idle.why());
        }
        co_return false;
    }
    if (got.status != io::ok) {
        request_.cancel();
        co_return false;
    }
    co_return true;
}

}  // namespace curfew::gateway
