#include <curfew/http/input_buffer.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/yield.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace curfew::http {

using runtime::io;
using runtime::io_result;

io_result input_buffer::try_fill(runtime::stream& from, std::size_t longest) {
    const std::size_t held = end_ - begin_;
    if (held >= longest) {
        return {io::ok, 0};
    }
    if (!from.ready().readable()) {
        return {io::would_block};
    }
    if (!memory_) {
        memory_ = block{block::usual};
        begin_ = end_ = 0;
    } else if (held == 0) {
        begin_ = end_ = 0;
    } else if (end_ == memory_.room().size()) {
        if (begin_ > 0) {
            std::memmove(memory_.room().data(), memory_.room().data() + begin_, held);
        } else {
            block bigger{memory_.room().size() * 2};
            std::memcpy(bigger.room().data(), memory_.room().data(), held);
            memory_ = std::move(bigger);
        }
        begin_ = 0;
        end_ = held;
    }
    const auto got = from.try_read(memory_.room().subspan(end_));
    if (got.status == io::ok) {
        end_ += got.bytes;
    }
    return got;
}

void input_buffer::release_if_empty() noexcept {
    if (empty()) {
        memory_.release();
        begin_ = end_ = 0;
    }
}

runtime::task<bool> until_readable(runtime::stream& from, runtime::scope& under) {
    auto readable = from.ready().wait_readable(under);
    const auto woken = co_await readable;
    co_return woken == runtime::wake::ready;
}

runtime::task<io_result> fill(
    input_buffer& into, runtime::stream& from, std::size_t longest, runtime::scope& under
) {
    if (under.on().overdraws()) {
        runtime::yield yielding{under};
        co_await yielding;
    }
    while (!under.ended()) {
        const auto got = into.try_fill(from, longest);
        if (got.status != io::would_block) {
            co_return got;
        }
        into.release_if_empty();
        auto readable = from.ready().wait_readable(under);
        co_await readable;
    }
    co_return io_result{io::would_block};
}

namespace {

void drop_written(std::span<iovec>& parts, std::size_t bytes) noexcept {
    while (!parts.empty()) {
        iovec& first = parts.front();
        const std::size_t taken = std::min(bytes, first.iov_len);
        first.iov_base = static_cast<char*>(first.iov_base) + taken;
        first.iov_len -= taken;
        bytes -= taken;
        if (first.iov_len > 0) {
            return;
        }
        parts = parts.subspan(1);
    }
}

}  // namespace

std::size_t write_at_once(runtime::stream& to, std::span<iovec>& parts) noexcept {
    drop_written(parts, 0);
    if (parts.empty() || !to.ready().writable()) {
        return 0;
    }
    const auto put = to.try_write(parts);
    drop_written(parts, put.bytes);
    return put.bytes;
}

runtime::task<io_result> write_some(
    runtime::stream& to, std::span<iovec>& parts, runtime::scope& under
) {
    drop_written(parts, 0);
    if (parts.empty()) {
        co_return io_result{};
    }
    for (;;) {
        const auto put = to.try_write(parts);
        if (put.status != io::would_block) {
            drop_written(parts, put.bytes);
            co_return put;
        }
        auto writable = to.ready().wait_writable(under);
        const auto woken = co_await writable;
        if (woken == runtime::wake::ended) {
            co_return put;
        }
    }
}

runtime::task<io_result> write_all(
    runtime::stream& to, std::span<iovec> parts, runtime::scope& under
) {
    std::size_t total = 0;
    do {
        auto writing = write_some(to, parts, under);
        const auto wrote = co_await writing;
        if (wrote.status != io::ok) {
            co_return wrote;
        }
        total += wrote.bytes;
    } while (!parts.empty() && !under.ended());
    co_return io_result{parts.empty() ? io::ok : io::would_block, total, 0};
}

runtime::task<> linger(runtime::stream& of, runtime::scope& under) {
    constexpr duration patience = std::chrono::seconds{5};
    constexpr std::size_t bytes_max = 16 * 1024 * 1024;
    runtime::scope lingering{under, bound::after(under.on().now(), patience, "http.linger")};
    of.shutdown_write();
    input_buffer dropped;
    std::size_t bytes = 0;
    while (bytes < bytes_max) {
        auto filling = fill(dropped, of, block::usual, lingering);
        const auto got = co_await filling;
        if (got.status != io::ok) {
            co_return;
        }
        bytes += got.bytes;
        dropped.consume(got.bytes);
    }
}

}  // namespace curfew::http
