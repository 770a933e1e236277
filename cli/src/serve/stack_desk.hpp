#pragma once

#include "stack_shelf.hpp"
#include <curfew/http/server.hpp>
#include <curfew/process/backend.hpp>
#include <curfew/runtime/bell.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/task.hpp>

#include <atomic>
#include <functional>
#include <optional>

namespace curfew::cli {

/// Looks where the backend hangs when a request to it has timed out, keeps what was seen, and
/// answers /-/stacks. By itself it looks at most once a minute, counted from the last look of any
/// kind, and never while another one lasts.
/// Thread rule: the control loop's thread, but request_timed_out() from any.
class stack_desk {
  public:
    static constexpr duration pause = std::chrono::minutes{1};

    /// Takes the stacks now (process::backend::look); nothing when that cannot be.
    using taker = std::function<runtime::task<std::optional<process::stack_dump>>(
        runtime::scope&, std::optional<duration> hung_for, bool hangs
    )>;

    /// Hears of each look, in one line: the log, the ledger.
    using listener = std::function<void(const stack_shelf::taken&)>;

    stack_desk(runtime::loop& on, taker take, listener tell);
    stack_desk(const stack_desk&) = delete;
    stack_desk& operator=(const stack_desk&) = delete;

    /// Looks when it is told to, until `under` ends.
    [[nodiscard]] runtime::task<> run(runtime::scope& under);

    /// A request that was sent to the backend has reached its own limit, `waited`.
    void request_timed_out(duration waited) noexcept {
        waited_.store(waited.count(), std::memory_order_relaxed);
        alarm_.ring();
    }

    /// Stacks that were taken elsewhere, because it hangs; whoever took them told of them.
    void keep(const process::stack_dump& what);

    /// GET: what was seen last; POST: takes the stacks now and answers with them. The connection's
    /// life bounds it, and the two seconds of a look.
    [[nodiscard]] runtime::task<http::response> answer(const http::request& asked);
    [[nodiscard]] runtime::task<http::response> answer_json(const http::request& asked);

  private:
    [[nodiscard]] runtime::task<const stack_shelf::taken*> take(
        runtime::scope& under, stacks_reason why, std::optional<duration> hung_for
    );

    runtime::loop& loop_;
    taker take_;
    listener tell_;
    runtime::bell alarm_;
    std::atomic<duration::rep> waited_ = 0;
    std::optional<time_point> looked_at_;
    stack_shelf shelf_;
};

}  // namespace curfew::cli
