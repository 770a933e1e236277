#include "simulated_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace curfew::sim {

using runtime::io;
using runtime::io_result;

simulated_stream::simulated_stream(
    world& in, runtime::endpoint local, runtime::endpoint peer, std::uint16_t port
)
    : world_{in}, number_{in.made_++}, local_{local}, peer_{peer}, port_{port} {
    world_.streams_.emplace(number_, this);
}

simulated_stream::~simulated_stream() {
    world_.streams_.erase(number_);
    if (incoming_) {
        incoming_->reader = nullptr;
    }
    if (outgoing_) {
        const bool unread = incoming_ && !incoming_->arrived.empty();
        end_writing(aborting_ || unread);
        outgoing_->writer = nullptr;
    }
}

void simulated_stream::join(simulated_stream& a, simulated_stream& b) {
    a.outgoing_ = b.incoming_ = std::make_shared<pipe>();
    b.outgoing_ = a.incoming_ = std::make_shared<pipe>();
    a.outgoing_->writer = b.incoming_->writer = &a;
    a.incoming_->writer = b.outgoing_->writer = &b;
    a.incoming_->reader = &a;
    b.incoming_->reader = &b;
}

io_result simulated_stream::try_read(std::span<char> into) noexcept {
    if (!incoming_) {
        ready_.clear_readable();
        return {io::would_block};
    }
    if (incoming_->arrived.empty()) {
        // As the kernel does it: what arrived before the reset can still be read.
        if (incoming_->reset) {
            return {io::failed, 0, ECONNRESET};
        }
        if (incoming_->ended) {
            return {io::end};
        }
        ready_.clear_readable();
        return {io::would_block};
    }
    const std::size_t bytes = std::min(into.size(), incoming_->arrived.size());
    std::memcpy(into.data(), incoming_->arrived.data(), bytes);
    incoming_->arrived.erase(0, bytes);
    incoming_->unread -= bytes;
    if (bytes < into.size()) {
        ready_.clear_readable();
    }
    if (incoming_->writer != nullptr) {
        incoming_->writer->ready().signal_writable();
    }
    return {io::ok, bytes};
}

io_result simulated_stream::try_write(std::span<const iovec> from) noexcept {
    if (!outgoing_ || outgoing_->reset || write_ended_ || (incoming_ && incoming_->reset)) {
        return {io::failed, 0, outgoing_ ? EPIPE : ENOTCONN};
    }
    if (outgoing_->reader == nullptr) {
        incoming_->reset = true;
        return {io::failed, 0, EPIPE};
    }
    const link& way = world_.link_to(port_);
    const std::size_t room = way.window - std::min(way.window, outgoing_->unread);
    std::string bytes;
    for (const iovec& part : from) {
        const std::size_t taken = std::min(part.iov_len, room - bytes.size());
        bytes.append(static_cast<const char*>(part.iov_base), taken);
        if (taken < part.iov_len) {
            ready_.clear_writable();
            break;
        }
    }
    if (bytes.empty()) {
        return {io::would_block};
    }
    const std::size_t sent = bytes.size();
    outgoing_->unread += sent;
    if (!way.black_hole) {
        world_.later(way.latency, [to = outgoing_, bytes = std::move(bytes)] {
            to->arrived += bytes;
            if (to->reader != nullptr) {
                to->reader->ready().signal_readable();
            }
        });
    }
    return {io::ok, sent};
}

result<> simulated_stream::connected() noexcept {
    return connected_;
}

void simulated_stream::shutdown_write() noexcept {
    if (outgoing_) {
        end_writing(false);
    }
}

void simulated_stream::end_writing(bool with_reset) noexcept {
    if (write_ended_ && !with_reset) {
        return;
    }
    write_ended_ = true;
    const link& way = world_.link_to(port_);
    if (way.black_hole) {
        return;
    }
    world_.later(way.latency, [to = outgoing_, with_reset] {
        to->ended = true;
        to->reset = to->reset || with_reset;
        if (to->reader != nullptr) {
            to->reader->ready().signal_hang_up();
            to->reader->ready().signal_writable();
        }
    });
}

void simulated_stream::refuse(failure why) noexcept {
    connected_ = std::unexpected{why};
    ready_.signal_hang_up();
    ready_.signal_writable();
}

void simulated_stream::reset() noexcept {
    if (!incoming_) {
        return;
    }
    incoming_->reset = true;
    ready_.signal_hang_up();
    ready_.signal_writable();
}

simulated_listener::~simulated_listener() {
    world_.listeners_.erase(at_.port());
}

bool simulated_listener::pending() noexcept {
    if (waiting_.empty()) {
        ready_.clear_readable();
    }
    return !waiting_.empty();
}

result<std::unique_ptr<runtime::stream>> simulated_listener::try_accept() noexcept {
    if (waiting_.empty()) {
        ready_.clear_readable();
        return nullptr;
    }
    std::unique_ptr<runtime::stream> first = std::move(waiting_.front());
    waiting_.pop_front();
    return first;
}

void simulated_listener::arrive(std::unique_ptr<simulated_stream> connection) {
    waiting_.push_back(std::move(connection));
    ready_.signal_readable();
}

}  // namespace curfew::sim
