#pragma once

#include "worker_state.hpp"
#include <curfew/http/input_buffer.hpp>
#include <curfew/protocol/http1_body.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/stream.hpp>
#include <curfew/runtime/task_group.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace curfew::gateway {

/// What the upstream says while its client takes nothing: read all the same, up to
/// `http.response_buffer`, so that a slow reader of a moderate answer keeps no worker of the
/// backend busy. All such answers of one loop hold at most 64 MiB; beyond it the upstream waits for
/// its client. Lives in its exchange. Thread rule: the loop's thread.
class read_ahead {
  public:
    /// `on_whole` is called once, when the upstream has said all of its answer. Its argument: not a
    /// byte came behind it. Afterwards nothing is read from the stream any more.
    read_ahead(
        worker_state& at, runtime::scope& request, std::function<void(bool)> on_whole
    ) noexcept
        : at_{at}, request_{request}, on_whole_{std::move(on_whole)} {}

    read_ahead(const read_ahead&) = delete;
    read_ahead& operator=(const read_ahead&) = delete;
    ~read_ahead();

    /// Reads what comes from `from` until stop(), as far as there is room for `most` bytes.
    /// `decoder` stands before `rest`, which was read and is not passed on yet.
    void begin(
        runtime::stream& from,
        const http1::body_decoder& decoder,
        std::string_view rest,
        std::uint64_t most
    );

    [[nodiscard]] runtime::task<> stop();

    /// Nothing was read that has not been taken.
    [[nodiscard]] bool empty() const noexcept { return pieces_.empty(); }

    /// Gives the oldest piece to `into`, which is empty. Not when there is none.
    void take(http::input_buffer& into) noexcept;

    /// How the upstream ended behind what was read; nothing while it may say more.
    [[nodiscard]] const std::optional<runtime::io_result>& end() const noexcept { return end_; }

  private:
    [[nodiscard]] runtime::task<> run(runtime::stream& from, std::uint64_t most);
    [[nodiscard]] bool make_room(std::uint64_t most);
    void drop_if_empty() noexcept;
    [[nodiscard]] bool goes_on(std::string_view news);

    worker_state& at_;
    runtime::scope& request_;
    std::function<void(bool)> on_whole_;
    std::optional<runtime::scope> scope_;
    runtime::task_group running_;
    std::vector<http::input_buffer> pieces_;
    http1::body_decoder scout_;  ///< behind all that was read
    std::optional<runtime::io_result> end_;
};

}  // namespace curfew::gateway
