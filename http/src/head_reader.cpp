#include <curfew/http/head_reader.hpp>
#include <curfew/runtime/loop.hpp>

#include <utility>

namespace curfew::http {

using runtime::io;

runtime::task<head_end> request_reader::next(runtime::scope& resting, runtime::scope& reading) {
    if (into_.empty()) {
        into_.release_if_empty();
        parser_.reset();
        const auto pause = bound::after(resting.on().now(), limits_.keep_alive, "http.keep_alive");
        runtime::scope idle{resting, fresh_ ? limit() : pause};
        std::optional<resting_connections::rest> mine;
        if (among_ != nullptr) {
            mine.emplace(*among_, idle);
        }
        auto filling = fill(into_, from_, limits_.head.head_bytes + 1, idle);
        const auto got = co_await filling;
        // Whoever is let go, or has waited too long, may have sent its next request meanwhile.
        const bool is_over = mine && got.status == io::would_block;
        const bool stays = got.status == io::ok || (is_over && had_something(mine->asked_to_go()));
        if (!stays) {
            co_return head_end::idle;
        }
    }
    begun_ = reading.on().now();
    if (!std::exchange(fresh_, false)) {
        timed_from_ = begun_;
        header_timeout_ = limits_.header_timeout;
    }
    parser_.emplace(limits_.head);
    if (parser_->step(into_.unread()) != http1::progress::need_more) {
        co_return verdict();
    }
    auto going_on = rest(reading);
    const auto ended = co_await going_on;
    co_return ended;
}

bool request_reader::had_something(bool was_asked_to_go) noexcept {
    from_.ready().signal_readable();
    const bool has = into_.try_fill(from_, limits_.head.head_bytes + 1).status == io::ok;
    if (was_asked_to_go) {
        among_->note_end(has);
    }
    return has;
}

// Out of line: what is inlined there has its frame in that of an idle connection.
[[gnu::noinline]] runtime::task<head_end> request_reader::rest(runtime::scope& under) {
    runtime::scope reading{under, limit()};
    auto going_on = read_head(*parser_, into_, from_, reading);
    const auto got = co_await going_on;
    if (got.status == io::would_block) {
        const bool slow = reading.why().kind == cause_kind::own_timeout;
        co_return slow ? head_end::slow : head_end::stopped;
    }
    co_return got.status == io::ok ? verdict() : head_end::gone;
}

head_end request_reader::verdict() const noexcept {
    return parser_->failed() ? head_end::broken : head_end::whole;
}

}  // namespace curfew::http
