#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/http/input_buffer.hpp>
#include <curfew/protocol/http1_body.hpp>
#include <curfew/protocol/http1_message.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/task.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace curfew::http {

/// What came back.
struct answer {
    int status = 0;
    std::string body;         ///< at most `body_max` bytes of it
    bool body_cut = false;    ///< there was more
    bool keep_alive = false;  ///< the connection may be used again
    time_point head_at{};     ///< when the head was complete
    std::string content_type{};
    std::string server{};  ///< what the other side calls itself
};

/// How far an exchange got: what is left to know of one that failed.
struct exchange_progress {
    std::optional<time_point> sent_at;  ///< when a connection stood and the request went out
    bool answer_begun = false;          ///< a byte of the answer has come
};

/// One client connection, one request at a time. Thread rule: the loop's.
class client {
  public:
    client(runtime::network& through, runtime::endpoint to) noexcept : network_{through}, to_{to} {}

    /// Connects if there is no usable connection, sends `head_and_body` as it is (a whole HTTP/1.1
    /// request) and reads the answer. Everything happens under `under`: its own bound gives
    /// own_timeout. Errors: those of connect, upstream_reset, upstream_closed, upstream_protocol.
    /// A failed exchange leaves no connection behind; a kept one that turned out to be closed
    /// before the first byte is replaced once (for idempotent methods); one that the peer is known
    /// to have left is replaced first.
    [[nodiscard]] runtime::task<result<answer>> exchange(
        http1::method_id method, std::string_view head_and_body, runtime::scope& under
    );

    /// Sends `head_and_body` and reads the answer's head only, on a connection of its own: what
    /// follows is read piece by piece with `more`, however long it goes on.
    [[nodiscard]] runtime::task<result<answer>> begin(
        http1::method_id method, std::string_view head_and_body, runtime::scope& under
    );

    /// The next piece of the body, of at most 64 KiB; it holds until the next call. Empty: the body
    /// is whole. Errors: those of exchange.
    [[nodiscard]] runtime::task<result<std::string_view>> more(runtime::scope& under);

    [[nodiscard]] bool connected() const noexcept { return stream_ != nullptr; }

    /// Of the last exchange, also while it runs.
    [[nodiscard]] const exchange_progress& progress() const noexcept { return progress_; }

    void close() noexcept;

    static constexpr std::size_t body_max = 1024 * 1024;

  private:
    [[nodiscard]] runtime::task<result<answer>> attempt(
        http1::method_id method, std::string_view text, runtime::scope& under
    );
    [[nodiscard]] runtime::task<result<answer>> read_answer(
        http1::method_id method, std::string_view text, runtime::scope& under
    );
    [[nodiscard]] runtime::task<result<>> read_body(answer& into, runtime::scope& under);

    runtime::network& network_;
    runtime::endpoint to_;
    std::unique_ptr<runtime::stream> stream_;
    input_buffer input_;
    http1::body_decoder decoder_;  ///< of the answer that is being read
    exchange_progress progress_;
};

/// `GET <path>` as a whole request.
[[nodiscard]] std::string get_request(std::string_view host, std::string_view path);

}  // namespace curfew::http
