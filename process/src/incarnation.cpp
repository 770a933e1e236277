#include "incarnation.hpp"

#include <curfew/runtime/descriptor.hpp>
#include <curfew/runtime/sleep.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace curfew::process {
namespace {

constexpr std::size_t chunk = 16 * 1024;
constexpr int chunks_a_turn = 4;
constexpr int last_chunks = 16;
constexpr duration partial_line_patience = std::chrono::milliseconds{200};
constexpr duration breath = std::chrono::milliseconds{1};

// Our own copy of the number, so that watching ends before the unit closes its own.
runtime::descriptor copy_of(int number) {
    return runtime::descriptor{::fcntl(number, F_DUPFD_CLOEXEC, 3)};
}

runtime::task<> pass_on_notices(
    runtime::loop& on, int number, runtime::baton& attention, runtime::scope& life
) {
    runtime::watched_descriptor notices{on.outside(), copy_of(number)};
    while (notices.status() && !notices.ready().hung_up()) {
        notices.ready().clear_readable();
        auto waiting = notices.ready().wait_readable(life);
        const auto woken = co_await waiting;
        if (woken == runtime::wake::ended) {
            co_return;
        }
        attention.pass();
    }
    attention.pass();
}

enum class stream_state : std::uint8_t { drained, more, ended };

stream_state read_some(int number, line_splitter& lines, int chunks) {
    std::array<char, chunk> buffer;
    for (int i = 0; i < chunks; ++i) {
        const auto got = ::read(number, buffer.data(), buffer.size());
        if (got == 0) {
            return stream_state::ended;
        }
        if (got < 0) {
            return errno == EINTR ? stream_state::more : stream_state::drained;
        }
        lines.feed({buffer.data(), static_cast<std::size_t>(got)});
    }
    return stream_state::more;
}

// Never waits for the end of the stream: whoever got away may hold it open for ever.
runtime::task<> pass_on_output(
    runtime::loop& on, int number, line_splitter& lines, runtime::scope& life
) {
    runtime::watched_descriptor stream{on.outside(), copy_of(number)};
    auto state = stream_state::drained;
    while (stream.status() && !life.ended() && state != stream_state::ended) {
        state = read_some(stream.number(), lines, chunks_a_turn);
        if (state == stream_state::more) {
            auto breathing = runtime::sleep_until(life, add_saturated(on.now(), breath));
            co_await breathing;
        } else if (state == stream_state::drained) {
            stream.ready().clear_readable();
            bound patience;
            if (lines.partial()) {
                patience.at = deadline::after(on.now(), partial_line_patience);
            }
            runtime::scope pause{life, patience};
            auto waiting = stream.ready().wait_readable(pause);
            const auto woken = co_await waiting;
            if (woken == runtime::wake::ended) {
                lines.flush();
            }
        }
    }
    read_some(stream.number(), lines, last_chunks);
    lines.flush();
}

}  // namespace

backend::incarnation::incarnation(
    runtime::loop& on,
    std::unique_ptr<unit> started,
    const line_splitter::taker& take,
    const std::string& prefix
)
    : loop{on}, tree{std::move(started)}, life{on}, output{prefix, take}, error{prefix, take} {}

void backend::incarnation::listen(runtime::baton& attention) {
    if (tree->notices() >= 0) {
        tasks.spawn(pass_on_notices(loop, tree->notices(), attention, life));
    }
    if (tree->standard_output() >= 0) {
        tasks.spawn(pass_on_output(loop, tree->standard_output(), output, life));
    }
    if (tree->standard_error() >= 0) {
        tasks.spawn(pass_on_output(loop, tree->standard_error(), error, life));
    }
}

}  // namespace curfew::process
