#include "read_ahead.hpp"

#include <utility>

namespace curfew::gateway {

using runtime::io;

namespace {

constexpr std::size_t piece = http::block::large;

}  // namespace

read_ahead::~read_ahead() {
    at_.answers_held -= pieces_.size() * piece;
}

void read_ahead::begin(
    runtime::stream& from,
    const http1::body_decoder& decoder,
    std::string_view rest,
    std::uint64_t most
) {
    if (end_ || most == 0) {
        return;
    }
    if (pieces_.empty()) {
        scout_ = decoder;
        if (!goes_on(rest)) {
            return;
        }
    } else if (scout_.finished() || scout_.failed()) {
        return;
    }
    scope_.emplace(request_);
    running_.spawn(run(from, most));
}

runtime::task<> read_ahead::stop() {
    if (scope_) {
        scope_->cancel();
        runtime::scope always{at_.on};
        auto joining = running_.join(always);
        co_await joining;
        scope_.reset();
    }
}

void read_ahead::take(http::input_buffer& into) noexcept {
    std::swap(into, pieces_.front());
    pieces_.erase(pieces_.begin());
    at_.answers_held -= piece;
}

/// False: the answer ends here, or makes no sense from here on.
bool read_ahead::goes_on(std::string_view news) {
    bool again = true;
    while (again && !scout_.finished() && !scout_.failed()) {
        const auto taken = scout_.step(news);
        news.remove_prefix(taken.consumed);
        again = taken.again;
    }
    if (scout_.finished()) {
        on_whole_(news.empty());
    }
    return !scout_.finished() && !scout_.failed();
}

bool read_ahead::make_room(std::uint64_t most) {
    if (!pieces_.empty() && pieces_.back().unread().size() < piece) {
        return true;
    }
    if (pieces_.size() * piece >= most ||
        at_.answers_held + piece > worker_state::answers_held_max) {
        return false;
    }
    pieces_.emplace_back();
    at_.answers_held += piece;
    return true;
}

void read_ahead::drop_if_empty() noexcept {
    if (pieces_.back().empty()) {
        pieces_.pop_back();
        at_.answers_held -= piece;
    }
}

runtime::task<> read_ahead::run(runtime::stream& from, std::uint64_t most) {
    // A piece is made when there is something for it: an upstream that pauses costs nothing.
    for (;;) {
        auto waiting = http::until_readable(from, *scope_);
        const bool readable = co_await waiting;
        if (!readable || !make_room(most)) {
            co_return;
        }
        http::input_buffer& last = pieces_.back();
        const std::size_t before = last.unread().size();
        auto filling = http::fill(last, from, piece, *scope_);
        const auto got = co_await filling;
        if (got.status == io::ok && !goes_on(last.unread().substr(before))) {
            co_return;
        }
        if (got.status == io::end || got.status == io::failed) {
            end_ = got;
        }
        drop_if_empty();
        if (got.status != io::ok) {
            co_return;
        }
    }
}

}  // namespace curfew::gateway
