#pragma once

#include "hang_alarm.hpp"
#include "session.hpp"
#include "worker_state.hpp"
#include <curfew/core/cause.hpp>
#include <curfew/core/failure.hpp>
#include <curfew/protocol/http1_body.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/stream.hpp>
#include <curfew/runtime/task_group.hpp>

#include <optional>
#include <string_view>

namespace curfew::gateway {

/// A request's body on its way to the upstream, beside the answer that is awaited or relayed
/// meanwhile. Its bounds are `request.body_idle` between two pieces and `http.body_rate` over all
/// that the client was waited for; time in which the upstream takes nothing is never the client's.
///
/// When the client is why the body will not become whole, failure() says so and the request's scope
/// ends at once; a client that leaves cancels that scope. So who ends an exchange under that scope
/// asks here first whose doing it was. Lives in its exchange. No allocation but recycled frames.
/// A small body of a client that has not sent it yet is received first, before anybody is asked for
/// a place: comes_first() and receive().
/// Thread rule: the loop's thread.
class upload {
  public:
    struct failed {
        errc code{};
        cause why{};
    };

    /// `idle`: the route's `body_idle`, by the name of the key that says it. All references must
    /// outlive it.
    upload(
        worker_state& at,
        client_side& from,
        const http1::body_framing& body,
        const http1::body_limits& bounds,
        duration idle,
        std::string_view idle_name,
        runtime::scope& request,
        hang_alarm& alarm
    ) noexcept;
    upload(const upload&) = delete;
    upload& operator=(const upload&) = delete;
    ~upload();

    /// Whether to receive() it before it is begun: it has a length of at most `http.body_buffer`,
    /// not all of which stands behind the head of `head_bytes` yet. Not when this loop holds 64 MiB
    /// of such bodies already: then it streams.
    [[nodiscard]] bool comes_first(std::size_t head_bytes) const noexcept;

    /// Receives all of it, and leaves the head where it is. Once, before begin(). False when it
    /// cannot become whole: failure() says why, or the request's scope, which has ended.
    [[nodiscard]] runtime::task<bool> receive(std::size_t head_bytes);

    /// Begins to send: `head` goes out with the first bytes of the body. What `head` views and `to`
    /// must hold until stop(). Once.
    void begin(std::string_view head, runtime::stream& to);

    /// Ends it, if it was begun, and waits for that.
    [[nodiscard]] runtime::task<> stop();

    /// Says that the client held the request up, unless it has failed before.
    void fail(errc code, const cause& why) noexcept;

    [[nodiscard]] const std::optional<failed>& failure() const noexcept { return failure_; }

    [[nodiscard]] bool begun() const noexcept { return to_ != nullptr; }

    /// Begun, and not a byte has gone out: the upstream knows of nothing.
    [[nodiscard]] bool unsent() const noexcept { return begun() && !head_out_.empty(); }

    /// The client has sent all of it; so it has when there is none.
    [[nodiscard]] bool received() const noexcept { return decoder_.finished(); }

    /// The upstream has been sent all of it, so that its connection stands at a request's end.
    [[nodiscard]] bool sent() const noexcept { return sent_; }

    /// Of the body, without framing, that the client has sent and that was read.
    [[nodiscard]] std::uint64_t bytes() const noexcept {
        return begun() ? decoder_.received() : early_.unread().size();
    }

    /// For how long the client has been waited for, until now.
    [[nodiscard]] duration waited() const noexcept;

    /// Whether the client still owes something and took more than half of the time from `since` to
    /// now, `before` being what waited() said then.
    [[nodiscard]] bool was_held_up(time_point since, duration before) const noexcept;

  private:
    [[nodiscard]] runtime::task<> run();
    [[nodiscard]] runtime::task<bool> pass_on(const http1::body_decoder::taken& piece);
    [[nodiscard]] runtime::task<bool> next_piece();
    [[nodiscard]] runtime::task<bool> more(
        http::input_buffer& into, std::size_t longest, runtime::scope& under
    );
    [[nodiscard]] bool is_acceptable() noexcept;
    [[nodiscard]] bool is_fast_enough(std::uint64_t received) noexcept;

    worker_state& at_;
    client_side& from_;
    runtime::scope& request_;
    hang_alarm& alarm_;
    const duration idle_;
    const std::string_view idle_name_;
    const bool chunked_;
    http1::body_decoder decoder_;
    http::input_buffer early_;  ///< received before begin(), behind what the client's buffer had
    std::size_t held_ = 0;      ///< of this loop's share of such bodies
    runtime::stream* to_ = nullptr;
    std::string_view head_out_;
    std::optional<runtime::scope> scope_;
    runtime::task_group running_;
    std::optional<failed> failure_;
    std::optional<time_point> waiting_since_;
    duration waited_{};
    bool sent_;
};

}  // namespace curfew::gateway
