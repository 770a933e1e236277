#include "read_ahead.hpp"

#include <utility>

namespace curfew::gateway {

using runtime::io;

namespace {

constexpr std::size_t piece = http::block::large;

}  // namespace

read_ahead::~read_ahead() {
    at_.bodies_held -= pieces_.size() * piece;
}

void read_ahead::begin(runtime::stream& from) {
    most_ = at_.shared.rules().http.response_buffer.value_or(0);
    if (end_ || most_ == 0) {
        return;
    }
    scope_.emplace(request_);
    running_.spawn(run(from));
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
    pieces_.pop_front();
    at_.bodies_held -= piece;
}

bool read_ahead::make_room() {
    if (!pieces_.empty() && pieces_.back().unread().size() < piece) {
        return true;
    }
    if (pieces_.size() * piece >= most_ ||
        at_.bodies_held + piece > worker_state::bodies_held_max) {
        return false;
    }
    pieces_.emplace_back();
    at_.bodies_held += piece;
    return true;
}

runtime::task<> read_ahead::run(runtime::stream& from) {
    // A piece is made when there is something for it: an upstream that pauses costs nothing.
    for (;;) {
        auto waiting = http::until_readable(from, *scope_);
        const bool readable = co_await waiting;
        if (!readable || !make_room()) {
            co_return;
        }
        auto filling = http::fill(pieces_.back(), from, piece, *scope_);
        const auto got = co_await filling;
        if (pieces_.back().empty()) {
            pieces_.pop_back();
            at_.bodies_held -= piece;
        }
        if (got.status == io::would_block) {
            co_return;
        }
        if (got.status != io::ok) {
            end_ = got;
            co_return;
        }
    }
}

}  // namespace curfew::gateway
