#pragma once

#include "worker_state.hpp"
#include <curfew/http/input_buffer.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/stream.hpp>
#include <curfew/runtime/task_group.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace curfew::gateway {

/// What the upstream says while its client takes nothing: read all the same, up to
/// `http.response_buffer`, so that a slow reader of a moderate answer keeps no worker of the
/// backend busy. All such answers of one loop, and the bodies that are received before their
/// admission, hold at most 64 MiB; beyond it the upstream waits for its client.
/// Lives in its exchange. Thread rule: the loop's thread.
class read_ahead {
  public:
    read_ahead(worker_state& at, runtime::scope& request) noexcept : at_{at}, request_{request} {}

    read_ahead(const read_ahead&) = delete;
    read_ahead& operator=(const read_ahead&) = delete;
    ~read_ahead();

    /// Reads what comes from `from` until stop(), as far as there is room.
    void begin(runtime::stream& from);

    [[nodiscard]] runtime::task<> stop();

    /// Nothing was read that has not been taken.
    [[nodiscard]] bool empty() const noexcept { return pieces_.empty(); }

    /// Gives the oldest piece to `into`, which is empty. Not when there is none.
    void take(http::input_buffer& into) noexcept;

    /// How the upstream ended behind what was read; nothing while it may say more.
    [[nodiscard]] const std::optional<runtime::io_result>& end() const noexcept { return end_; }

  private:
    [[nodiscard]] runtime::task<> run(runtime::stream& from);
    [[nodiscard]] bool make_room();

    worker_state& at_;
    runtime::scope& request_;
    std::optional<runtime::scope> scope_;
    runtime::task_group running_;
    std::uint64_t most_ = 0;
    std::deque<http::input_buffer> pieces_;
    std::optional<runtime::io_result> end_;
};

}  // namespace curfew::gateway
