#include "server.hpp"

#include "pages.hpp"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <chrono>

namespace shop {

server::server(int listener, dependency& engine, catalogue& goods)
    : listener_{listener}, poll_{::epoll_create1(EPOLL_CLOEXEC)}, engine_{engine}, goods_{goods} {
    epoll_event interest{.events = EPOLLIN, .data = {.ptr = nullptr}};
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, listener_, &interest);
    threads_.emplace_back([this] { poll_connections(); });
    for (std::size_t i = 0; i < workers; ++i) {
        threads_.emplace_back([this] { serve_requests(); });
    }
}

void server::poll_connections() {
    for (;;) {
        epoll_event events[64];
        const int count = ::epoll_wait(poll_, events, 64, -1);
        for (int i = 0; i < count; ++i) {
            auto* peer = static_cast<connection*>(events[i].data.ptr);
            if (peer == nullptr) {
                accept_one();
                continue;
            }
            const std::lock_guard lock{mutex_};
            ready_.push_back(peer);
            work_.notify_one();
        }
    }
}

void server::accept_one() {
    const int handle = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (handle < 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds{10});  // no descriptors: do not spin
        return;
    }
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(handle, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    watch(new connection{handle}, EPOLL_CTL_ADD);
}

void server::serve_requests() {
    for (;;) {
        std::unique_lock lock{mutex_};
        work_.wait(lock, [&] { return !ready_.empty(); });
        auto* peer = ready_.front();
        ready_.pop_front();
        lock.unlock();
        serve(peer);
    }
}

void server::serve(connection* peer) {
    do {
        const auto asked = peer->read_request();
        if (!asked || !peer->write_response(answer(*asked, engine_, goods_), asked->keep_alive) ||
            !asked->keep_alive) {
            delete peer;
            return;
        }
    } while (peer->has_bytes());
    watch(peer, EPOLL_CTL_MOD);
}

void server::watch(connection* peer, int operation) {
    epoll_event interest{.events = EPOLLIN | EPOLLONESHOT, .data = {.ptr = peer}};
    if (::epoll_ctl(poll_, operation, peer->handle(), &interest) != 0) {
        delete peer;
    }
}

}  // namespace shop
