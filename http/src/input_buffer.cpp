#include <curfew/http/input_buffer.hpp>

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
    for (;;) {
        const auto got = into.try_fill(from, longest);
        if (got.status != io::would_block) {
            co_return got;
        }
        into.release_if_empty();
        auto readable = from.ready().wait_readable(under);
        const auto woken = co_await readable;
        if (woken == runtime::wake::ended) {
            co_return got;
        }
    }
}

runtime::task<io_result> write_all(
    runtime::stream& to, std::string_view first, std::string_view second, runtime::scope& under
) {
    std::array<iovec, 2> parts{
        iovec{const_cast<char*>(first.data()), first.size()},
        iovec{const_cast<char*>(second.data()), second.size()},
    };
    std::size_t at = first.empty() ? 1 : 0;
    const std::size_t total = second.empty() ? 1 : 2;
    while (at < total) {
        const auto put = to.try_write(std::span{parts}.subspan(at, total - at));
        if (put.status == io::failed) {
            co_return put;
        }
        if (put.status == io::would_block) {
            auto writable = to.ready().wait_writable(under);
            const auto woken = co_await writable;
            if (woken == runtime::wake::ended) {
                co_return put;
            }
            continue;
        }
        std::size_t left = put.bytes;
        while (at < total && left >= parts[at].iov_len) {
            left -= parts[at].iov_len;
            ++at;
        }
        if (at < total) {
            parts[at].iov_base = static_cast<char*>(parts[at].iov_base) + left;
            parts[at].iov_len -= left;
        }
    }
    co_return io_result{io::ok, first.size() + second.size(), 0};
}

}  // namespace curfew::http
