#pragma once

#include <curfew/core/budget.hpp>
#include <curfew/http/block.hpp>
#include <curfew/http/input_buffer.hpp>
#include <curfew/http/resting.hpp>
#include <curfew/protocol/http1_parser.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/task.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

namespace curfew::http {

namespace detail {

struct field_room {
    explicit field_room(std::size_t count)
        : memory{count * sizeof(http1::field)},
          fields{reinterpret_cast<http1::field*>(memory.room().data()), count} {}

    block memory;
    std::span<http1::field> fields;
};

}  // namespace detail

/// A parser of http1 with its own room for the fields, in a block.
template <class Parser>
class head_parser : private detail::field_room, public Parser {
  public:
    template <class... How>
    explicit head_parser(const http1::limits& bounds, How... how)
        : field_room{bounds.field_count}, Parser{fields, how..., bounds} {}
};

using request_parser = head_parser<http1::request_parser>;
using response_parser = head_parser<http1::response_parser>;

/// Reads from `from` until `parser` is done or has failed: then ok. Else as fill.
template <class Parser>
[[nodiscard]] runtime::task<runtime::io_result> read_head(
    Parser& parser, input_buffer& into, runtime::stream& from, runtime::scope& under
) {
    while (into.empty() || parser.step(into.unread()) == http1::progress::need_more) {
        auto filling = fill(into, from, parser.bounds().head_bytes + 1, under);
        const auto got = co_await filling;
        if (got.status != runtime::io::ok) {
            co_return got;
        }
    }
    co_return runtime::io_result{};
}

/// Bounds of a request's head, in size and in time.
struct head_limits {
    http1::limits head;
    /// First byte to whole head, absolute; of a connection's first request, accept to whole head.
    duration header_timeout = std::chrono::seconds{10};
    duration keep_alive = std::chrono::seconds{75};  ///< between two requests
};

/// How the wait for the head of a request ended.
enum class head_end : std::uint8_t {
    whole,    ///< the parser has it
    idle,     ///< no byte of it came
    broken,   ///< the parser says which rule
    slow,     ///< header_timeout
    stopped,  ///< the scope ended in the middle of it
    gone,     ///< the peer left in the middle of it
};

/// Reads the heads of the requests of one connection, and holds memory for them only while one is
/// there. What it is given outlives it; limits that change hold from the next head on. Thread rule:
/// the stream's loop.
class request_reader {
  public:
    /// While a request is waited for, the connection stands in `among`, if there is one, and may be
    /// let go to make room.
    request_reader(
        runtime::stream& from,
        input_buffer& into,
        const head_limits& limits,
        time_point accepted,
        resting_connections* among = nullptr
    ) noexcept
        : from_{from},
          into_{into},
          limits_{limits},
          among_{among},
          timed_from_{accepted},
          header_timeout_{limits.header_timeout} {}

    /// Waits for the first byte under `resting`, for the rest of the head under `reading`. The
    /// request before has been consumed.
    [[nodiscard]] runtime::task<head_end> next(runtime::scope& resting, runtime::scope& reading);

    /// Of the last head of which a byte came.
    [[nodiscard]] const http1::request_parser& parser() const noexcept { return *parser_; }

    /// When its first byte came.
    [[nodiscard]] time_point begun() const noexcept { return begun_; }

    /// What it has to be whole by.
    [[nodiscard]] bound limit() const noexcept {
        return bound::after(timed_from_, header_timeout_, "http.header_timeout");
    }

  private:
    [[nodiscard]] bool had_something(bool was_asked_to_go) noexcept;
    [[nodiscard]] runtime::task<head_end> rest(runtime::scope& under);
    [[nodiscard]] head_end verdict() const noexcept;

    runtime::stream& from_;
    input_buffer& into_;
    const head_limits& limits_;
    resting_connections* among_;
    std::optional<request_parser> parser_;
    time_point timed_from_;
    duration header_timeout_;  ///< of this head
    time_point begun_{};
    bool fresh_ = true;  ///< no byte of a request has come yet
};

}  // namespace curfew::http
