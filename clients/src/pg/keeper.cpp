#include "keeper.hpp"

#include "pool_state.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace curfew::pg {
namespace {

constexpr duration between_requests = std::chrono::milliseconds{100};
constexpr duration last_patience = std::chrono::seconds{1};
constexpr duration longest_rest = std::chrono::hours{1};
constexpr duration shortest_rest = std::chrono::milliseconds{10};

short events_for(progress told) noexcept {
    return static_cast<short>(told == progress::writes ? POLLIN | POLLOUT : POLLIN);
}

/// What a step told; one that waits for nothing is not watched.
pollfd watch(int socket, progress told) noexcept {
    const bool waits = told == progress::reads || told == progress::writes;
    return {waits ? socket : -1, events_for(told), 0};
}

}  // namespace

keeper::keeper(pool_state& home) : home_{home}, bell_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (bell_ < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
    sigset_t every;
    sigset_t before;
    ::sigfillset(&every);
    ::pthread_sigmask(SIG_SETMASK, &every, &before);  // inherited from its first instruction on
    thread_ = std::thread{[this] { run(); }};
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

keeper::~keeper() {
    {
        const std::lock_guard held{home_.mutex};
        ends_ = true;
    }
    wake();
    thread_.join();
    ::close(bell_);
}

void keeper::adopt(patient one) {
    {
        const std::lock_guard held{home_.mutex};
        arrived_.push_back(std::move(one));
    }
    wake();
}

void keeper::wake() noexcept {
    const std::uint64_t once = 1;
    (void)!::write(bell_, &once, sizeof once);
}

void keeper::run() {
    while (true) {
        const auto now = home_.time.now();
        {
            const std::lock_guard held{home_.mutex};
            for (auto& each : arrived_)
                beds_.push_back({.who = std::move(each)});
            arrived_.clear();
            if (ends_ && !farewell_) farewell_ = deadline::after(now, last_patience);
        }
        if (farewell_) {
            for (auto& each : beds_)
                each.who.until = earliest(each.who.until, *farewell_);
        }
        look_after(now);
        if (farewell_ && beds_.empty()) return;
        home_.tell_leaks(now);
        sleep(now);
    }
}

void keeper::look_after(time_point now) {
    std::erase_if(beds_, [&](bed& one) { return is_over(one, now); });
    while (true) {
        session old;
        const std::lock_guard held{home_.mutex};
        const auto slot = home_.decisions.retire(now);
        if (!slot) return;
        old = std::move(home_.connections[*slot].is);
    }
}

bool keeper::is_over(bed& one, time_point now) {
    return one.who.connecting ? is_connected(one, now) : is_ended(one, now);
}

bool keeper::is_connected(bed& one, time_point now) {
    const auto told = one.told = one.who.connection.advance();
    if (told == progress::done) {
        finish_connect(one.who.allowed, now);
        {
            const std::lock_guard held{home_.mutex};
            one.who.place.opened(now);
        }
        send_home(one, true, now);
        return true;
    }
    const bool expired = one.who.until.expired(now);
    if (told != progress::failed && !expired) return false;
    const auto how = told == progress::failed ? outcome::failure : outcome::timeout;
    const auto why = told == progress::failed ? cause_kind::failed : cause_kind::own_timeout;
    one.who.allowed.finish(how, why, now);
    send_home(one, false, now);
    return true;
}

bool keeper::is_ended(bed& one, time_point now) {
    auto& on = one.who.connection;
    if (one.request) {
        const auto told = one.request_told = one.request->advance();
        if (told == progress::failed || told == progress::done) {
            one.request.reset();
            one.next_request = add_saturated(now, between_requests);
        }
    }
    if (on.is() == condition::copying) on.break_off_copy();
    one.told = on.advance();
    if (on.is() == condition::ready && !one.request) {
        send_home(one, on.in_transaction() == transaction_state::none, now);
        return true;
    }
    if (on.is() == condition::lost || one.who.until.expired(now)) {
        send_home(one, false, now);
        return true;
    }
    if (!one.request && now >= one.next_request) ask_to_cancel(one, now);
    return false;
}

void keeper::ask_to_cancel(bed& one, time_point now) {
    one.next_request = add_saturated(now, between_requests);
    const auto whom = one.who.connection.ticket();
    if (!whom) return;
    one.request.emplace(*whom);
    one.request_told = one.request->advance();
}

void keeper::send_home(bed& one, bool well, time_point now) {
    {
        const std::lock_guard held{home_.mutex};
        auto& mine = home_.connections[one.who.place.slot()];
        mine.is = std::move(one.who.connection);
        mine.process = mine.is.server_process();
    }
    if (!well) home_.suspect(now);
    home_.give_back(std::move(one.who.place), well, now);
}

void keeper::sleep(time_point now) {
    std::vector<pollfd> watched{{bell_, POLLIN, 0}};
    // What comes to rest while it sleeps rings no bell: it is closed a little late.
    const auto rest = std::clamp(home_.how.places.recycle / 4, shortest_rest, longest_rest);
    deadline next = deadline::after(now, rest);
    for (const auto& each : beds_) {
        watched.push_back(watch(each.who.connection.socket(), each.told));
        next = earliest(next, each.who.until);
        if (each.told == progress::more) next = deadline{now};
        if (each.request) {
            watched.push_back(watch(each.request->socket(), each.request_told));
            const bool ends =
                each.request_told == progress::done || each.request_told == progress::failed;
            if (ends) next = deadline{now};
        } else if (!each.who.connecting) {
            next = earliest(next, deadline{each.next_request});
        }
    }
    if (home_.how.on_leak) {
        const auto look = std::max(home_.how.leak_after / 2, shortest_rest);
        next = earliest(next, deadline::after(now, look));
    }
    {
        const std::lock_guard held{home_.mutex};
        if (!arrived_.empty() || (ends_ && !farewell_)) return;
        next = earliest(next, home_.decisions.next_retirement());
    }
    const auto left = next.left(home_.time.now());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec patience{seconds.count(), (left - seconds).count()};
    ::ppoll(watched.data(), watched.size(), &patience, nullptr);
    std::uint64_t rung = 0;
    (void)!::read(bell_, &rung, sizeof rung);
}

}  // namespace curfew::pg
