#include <curfew/process/line_writer.hpp>
#include <curfew/runtime/descriptor.hpp>
#include <curfew/runtime/quiet_thread.hpp>

#include <climits>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>

namespace curfew::process {
namespace {

constexpr auto farewell = std::chrono::milliseconds{200};

// How much of it goes in one write: what a pipe takes in one piece, up to the end of a line.
std::size_t whole_lines(std::string_view text) noexcept {
    if (text.size() <= PIPE_BUF) {
        return text.size();
    }
    const auto last = text.rfind('\n', PIPE_BUF - 1);
    return last == text.npos ? std::min(text.find('\n'), text.size() - 1) + 1 : last + 1;
}

std::string tell_plainly(std::size_t dropped) {
    return "(" + std::to_string(dropped) + " lines dropped here)\n";
}

void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto wrote = ::write(descriptor, text.data(), whole_lines(text));
        if (wrote > 0) {
            text.remove_prefix(static_cast<std::size_t>(wrote));
        } else if (wrote < 0 && errno == EAGAIN) {
            pollfd watched{descriptor, POLLOUT, 0};
            ::poll(&watched, 1, -1);  // its own thread may wait as long as the reader likes
        } else if (wrote == 0 || errno != EINTR) {
            return;
        }
    }
}

}  // namespace

struct line_writer::shared {
    runtime::descriptor to;
    loss_teller tell_loss;
    std::mutex lock;
    std::condition_variable changed;
    std::string waiting;
    std::size_t dropped = 0;
    std::size_t dropped_told = 0;
    bool writing = false;
    bool closing = false;

    std::string take() {
        auto text = std::exchange(waiting, {});
        if (dropped != dropped_told) {
            text += tell_loss(dropped - dropped_told);
            dropped_told = dropped;
        }
        return text;
    }

    void run() {
        std::unique_lock held{lock};
        while (true) {
            changed.wait(held, [&] { return closing || !waiting.empty(); });
            if (waiting.empty()) {
                return;
            }
            const auto text = take();
            writing = true;
            held.unlock();
            write_all(to.number(), text);
            held.lock();
            writing = false;
            changed.notify_all();
        }
    }
};

line_writer::line_writer(int descriptor, loss_teller tell_loss)
    : shared_{std::make_shared<shared>()} {
    shared_->tell_loss = tell_loss ? std::move(tell_loss) : tell_plainly;
    shared_->to = runtime::descriptor{::fcntl(descriptor, F_DUPFD_CLOEXEC, 3)};
    runtime::start_quiet_thread([mine = shared_] { mine->run(); });
}

line_writer::~line_writer() {
    std::unique_lock held{shared_->lock};
    shared_->closing = true;
    shared_->changed.notify_all();
    shared_->changed.wait_for(held, farewell, [&] {
        return shared_->waiting.empty() && !shared_->writing;
    });
}

void line_writer::write(std::string_view line) {
    const std::lock_guard held{shared_->lock};
    if (shared_->waiting.size() + line.size() > capacity) {
        ++shared_->dropped;
        return;
    }
    shared_->waiting += line;
    shared_->changed.notify_all();
}

std::size_t line_writer::dropped() const {
    const std::lock_guard held{shared_->lock};
    return shared_->dropped;
}

}  // namespace curfew::process
