#pragma once

#include <curfew/http/block.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/stream.hpp>
#include <curfew/runtime/task.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace curfew::http {

/// What a stream has sent and nobody has taken yet. Holds memory only while it holds bytes or a
/// read is being tried. Thread rule: the stream's loop.
class input_buffer {
  public:
    /// Unread bytes; the view holds until the next fill, consume or release.
    [[nodiscard]] std::string_view unread() const noexcept {
        return {memory_.room().data() + begin_, end_ - begin_};
    }

    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }

    void consume(std::size_t bytes) noexcept { begin_ += bytes; }

    /// Reads once, if the stream may have something: one that is not readable would block, and is
    /// not asked. Bytes already here keep their order and may move. With `longest` bytes unread
    /// there is no room: the answer is `ok` with 0 bytes, which no read gives.
    runtime::io_result try_fill(runtime::stream& from, std::size_t longest);

    /// Gives the memory back if nothing is unread.
    void release_if_empty() noexcept;

  private:
    block memory_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

/// Waits until `from` has something to read: false when the scope ended.
[[nodiscard]] runtime::task<bool> until_readable(runtime::stream& from, runtime::scope& under);

/// try_fill, waiting as needed: ok, end or failed; would_block means that the scope ended, and then
/// nothing is read, however much is there. A stream that always has more yields to the others every
/// `loop::reads_a_resume` reads.
[[nodiscard]] runtime::task<runtime::io_result> fill(
    input_buffer& into, runtime::stream& from, std::size_t longest, runtime::scope& under
);

/// Writes something of `parts`, waiting as needed, and takes what was written out of them; parts
/// that are used up leave the span. Under a scope that has ended it tries once and does not wait: a
/// last word is said if it costs no time. `parts` must outlive the task.
[[nodiscard]] runtime::task<runtime::io_result> write_some(
    runtime::stream& to, std::span<iovec>& parts, runtime::scope& under
);

/// As write_some, but tries once and never waits. How many bytes that were: 0 where the stream
/// takes none now, or fails, which it will do again for who waits.
std::size_t write_at_once(runtime::stream& to, std::span<iovec>& parts) noexcept;

/// Writes all parts whole, in as few calls as possible. ok, failed, or would_block when the scope
/// ended before, which is asked after each call. The parts are used up on the way; what they point
/// to must hold until it returns.
[[nodiscard]] runtime::task<runtime::io_result> write_all(
    runtime::stream& to, std::span<iovec> parts, runtime::scope& under
);

/// Ends a connection on which the peer may still be sending, so that it gets to read our last words
/// instead of a reset: ends our side, then reads and drops what comes, for at most 5 s and 16 MiB.
[[nodiscard]] runtime::task<> linger(runtime::stream& of, runtime::scope& under);

[[nodiscard]] inline iovec part(std::string_view bytes) noexcept {
    return {const_cast<char*>(bytes.data()), bytes.size()};
}

}  // namespace curfew::http
