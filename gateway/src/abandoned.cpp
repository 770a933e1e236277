#include "abandoned.hpp"

#include "hang_alarm.hpp"
#include <curfew/http/head_reader.hpp>
#include <curfew/protocol/http1_body.hpp>

#include <array>

namespace curfew::gateway {

using runtime::io;

namespace {

/// What is read of an answer that nobody wants, and for how long, before the connection is broken.
constexpr std::size_t unwanted_bytes = 256 * 1024;
constexpr duration unwanted_time = std::chrono::seconds{5};

/// Who ends its work within this was told that nobody waits for it. Who does so later ended by
/// itself, as when the backend is restarted.
constexpr duration prompt = std::chrono::seconds{1};

/// How far the answer that nobody wants has come.
class unwanted_answer {
  public:
    unwanted_answer(http1::method_id method, bool answering)
        : parser_{http1::limits{}, method}, method_{method}, lost_{answering} {}

    /// Takes everything out of `input`. True when the answer is whole.
    bool take(http::input_buffer& input) {
        if (lost_) {
            input.consume(input.unread().size());
            return false;
        }
        if (!body_ && !take_head(input)) {
            return false;
        }
        while (body_ && !body_->finished() && !body_->failed()) {
            const auto taken = body_->step(input.unread());
            input.consume(taken.consumed);
            if (!taken.again) {
                break;
            }
        }
        lost_ = lost_ || body_->failed();
        return body_->finished();
    }

    [[nodiscard]] bool begun() const noexcept { return lost_ || body_; }

    [[nodiscard]] bool went_well() const noexcept { return body_ && status_ < 500; }

  private:
    bool take_head(http::input_buffer& input) {
        while (!input.empty()) {
            const auto progress = parser_.step(input.unread());
            if (progress == http1::progress::need_more) {
                return false;
            }
            if (progress == http1::progress::failed) {
                lost_ = true;
                return false;
            }
            input.consume(parser_.consumed());
            if (!parser_.head().interim()) {
                status_ = parser_.head().status;
                body_.emplace(parser_.head().body);
                return true;
            }
            parser_.reset(method_);
        }
        return false;
    }

    http::response_parser parser_;
    http1::method_id method_;
    std::optional<http1::body_decoder> body_;
    int status_ = 0;
    bool lost_;
};

}  // namespace

runtime::task<> see_out(
    worker_state& at,
    std::shared_ptr<const worker_edition> under,
    upstream_connection connection,
    permit held,
    given_up_request which,
    duration limit,
    bool answering
) {
    const duration age = under->rules().gateway.abandoned_age;
    runtime::scope waiting{at.abandoned, bound::after(at.on.now(), age, "gateway.abandoned_age")};
    const time_point begun = at.on.now();
    std::size_t bytes = 0;
    connection.stream->shutdown_write();
    hang_alarm alarm{held, at.on};  // whose client has left may still turn out to hang
    alarm.begin(limit, &connection.lent);
    live_work live;
    live.route = which.route;
    live.method = which.method;
    live.trace = which.trace;
    live.arrival = which.arrival;
    live.under = &waiting;
    live.held = &held;
    live.given_up = begun;
    at.live.push_back(live);
    unwanted_answer answer{which.method, answering};
    bool whole = answer.take(connection.input);
    while (!whole) {
        connection.input.release_if_empty();
        auto filling = http::fill(
            connection.input, *connection.stream, http1::limits{}.head_bytes + 1, waiting
        );
        const auto got = co_await filling;
        if (got.status != io::ok) {
            break;
        }
        whole = answer.take(connection.input);
        bytes += got.bytes;
        // Who still writes is not hung: the broken connection tells it.
        const bool long_enough = bytes > unwanted_bytes || at.on.now() - begun >= unwanted_time;
        if (answer.begun() && long_enough) {
            break;
        }
    }
    connection.stream->abort();
    alarm.end();
    const bool well = whole && answer.went_well();
    if (well) {
        (void)connection.lent.answered(false, at.on.now());
    }
    cause_kind why = cause_kind::completed;
    if (waiting.ended()) {
        why = waiting.why().kind;
    } else if (!well && at.on.now() - begun < prompt) {
        why = cause_kind::cancelled;
    }
    held.leave(well ? outcome::success : outcome::ignored, why, at.on.now());
}

}  // namespace curfew::gateway
