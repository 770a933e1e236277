#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/runtime/endpoint.hpp>
#include <curfew/runtime/readiness.hpp>

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace curfew::runtime {

enum class io : std::uint8_t {
    ok,           ///< `bytes` were moved
    would_block,  ///< nothing now: wait for readiness
    end,          ///< the peer has ended its side, in order
    failed,       ///< `error` is an errno
};

struct io_result {
    io status = io::ok;
    std::size_t bytes = 0;
    int error = 0;
};

/// A connected, non-blocking byte stream: the seam that sockets, TLS and the simulated network
/// implement. Tries never block; waiting is `ready()`'s. A short read or write clears the readiness
/// flag by itself, which saves the call that would only say would_block.
/// Thread rule: the loop's thread.
class stream {
  public:
    virtual ~stream() = default;

    [[nodiscard]] virtual io_result try_read(std::span<char> into) noexcept = 0;
    [[nodiscard]] virtual io_result try_write(std::span<const iovec> from) noexcept = 0;

    /// After a connect that was begun: success, or what went wrong. Asked once, when writable.
    [[nodiscard]] virtual result<> connected() noexcept = 0;

    /// Tells the peer that nothing more will be sent.
    virtual void shutdown_write() noexcept = 0;

    /// Acknowledges at once what has been read. For the peer that sends in small pieces: by Nagle's
    /// algorithm it keeps the next one back until the last is acknowledged, which the kernel puts
    /// off for 40 ms. One system call.
    virtual void acknowledge() noexcept {}

    /// Bytes that were written and that the peer has not acknowledged: while they become fewer it
    /// takes something, however long there is no room for more. One system call.
    [[nodiscard]] virtual std::size_t unacknowledged() const noexcept = 0;

    /// The next destruction drops the connection at once (RST) instead of in order.
    virtual void abort() noexcept = 0;

    [[nodiscard]] virtual endpoint peer() const noexcept = 0;
    [[nodiscard]] virtual endpoint local() const noexcept = 0;

    [[nodiscard]] readiness& ready() noexcept { return ready_; }

  protected:
    readiness ready_;
};

/// Where connections arrive.
class listener {
  public:
    virtual ~listener() = default;

    /// The next connection, or nullptr when none is waiting (and readiness is cleared), or
    /// local_resource when this machine has no descriptor left for it: the connection stays in the
    /// kernel's queue.
    [[nodiscard]] virtual result<std::unique_ptr<stream>> try_accept() noexcept = 0;

    /// Whether a connection is waiting; when none is, readiness is cleared. One system call.
    [[nodiscard]] virtual bool pending() noexcept = 0;

    [[nodiscard]] virtual endpoint local() const noexcept = 0;

    [[nodiscard]] readiness& ready() noexcept { return ready_; }

  protected:
    readiness ready_;
};

}  // namespace curfew::runtime
