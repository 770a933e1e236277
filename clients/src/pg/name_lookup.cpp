#include "name_lookup.hpp"

#include <curfew/clients/pg/ways.hpp>

#include <ares.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <mutex>

namespace curfew::pg {
namespace {

constexpr int attempt_milliseconds = 1000;
constexpr int rounds = 4;
constexpr int addresses_max = 8;

struct channel_closer {
    void operator()(ares_channeldata* of) const noexcept { ares_destroy(of); }
};

struct lookup {
    bool answered = false;
    int status = ARES_SUCCESS;
    std::vector<std::string> addresses;

    static void hear(void* self, int status, int /*timeouts*/, ares_addrinfo* found) noexcept {
        auto& own = *static_cast<lookup*>(self);
        own.answered = true;
        own.status = status;
        if (found == nullptr) return;
        int count = 0;
        for (const auto* each = found->nodes; each != nullptr && count < addresses_max;
             each = each->ai_next)
            count += own.add(each->ai_addr, each->ai_addrlen) ? 1 : 0;
        ares_freeaddrinfo(found);
    }

    bool add(const sockaddr* address, socklen_t size) {
        std::array<char, INET6_ADDRSTRLEN> text{};
        const int told =
            ::getnameinfo(address, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
        if (told != 0) return false;
        addresses.emplace_back(text.data());
        return true;
    }
};

std::unexpected<trouble> failed(errc code, int system, std::string words) {
    return std::unexpected{trouble{code, {}, system, std::move(words)}};
}

/// One wait for the sockets of `channel`, until something happens or `until` passes.
void wait(ares_channeldata* channel, deadline until, const clock& time) {
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    const int wanted = ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM);
    std::array<pollfd, ARES_GETSOCK_MAXNUM> watched{};
    nfds_t count = 0;
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        short events = 0;
        if (ARES_GETSOCK_READABLE(wanted, i)) events |= POLLIN;
        if (ARES_GETSOCK_WRITABLE(wanted, i)) events |= POLLOUT;
        if (events != 0) watched[count++] = {sockets[i], events, 0};
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until.left(time.now())).count();
    timeval most{left / 1000, (left % 1000) * 1000};
    const timeval* next = ares_timeout(channel, &most, &most);
    const auto patience = next->tv_sec * 1000 + (next->tv_usec + 999) / 1000;
    const int ready = ::poll(watched.data(), count, static_cast<int>(patience));
    if (ready <= 0) ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    for (nfds_t i = 0; i < count && ready > 0; ++i) {
        const auto told = watched[i].revents;
        if (told == 0) continue;
        const bool reads = (told & ~POLLOUT) != 0;
        ares_process_fd(
            channel,
            reads ? watched[i].fd : ARES_SOCKET_BAD,
            (told & POLLOUT) != 0 ? watched[i].fd : ARES_SOCKET_BAD
        );
    }
}

answer<std::vector<std::string>> look_up(
    const std::string& host, deadline until, const clock& time
) {
    static std::once_flag once;
    std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
    std::array<char, 3> files_then_servers{'f', 'b', '\0'};
    ares_options options{};
    options.lookups = files_then_servers.data();
    options.timeout = attempt_milliseconds;
    options.tries = rounds;
    ares_channeldata* made = nullptr;
    constexpr int given = ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;
    if (ares_init_options(&made, &options, given) != ARES_SUCCESS)
        return failed(errc::local_resource, ENOMEM, "the look-up could not be begun");
    lookup asked;  // outlives the channel, whose end is told to it
    const std::unique_ptr<ares_channeldata, channel_closer> channel{made};
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(made, host.c_str(), nullptr, &hints, &lookup::hear, &asked);
    while (!asked.answered) {
        if (until.expired(time.now()))
            return failed(errc::own_timeout, 0, "the name did not resolve in time");
        wait(made, until, time);
    }
    if (asked.status == ARES_ETIMEOUT)
        return failed(errc::resolve_timeout, 0, "no name server answered");
    if (asked.status != ARES_SUCCESS || asked.addresses.empty())
        return failed(errc::resolve_failed, 0, "the name does not resolve");
    return std::move(asked.addresses);
}

}  // namespace

answer<std::vector<std::vector<std::string>>> look_up(
    const target& where, deadline until, const clock& time
) {
    std::vector<std::vector<std::string>> found;
    trouble last;
    for (const auto& one : where.places()) {
        if (!one.is_named()) continue;
        auto addresses = look_up(one.host, until, time);
        if (!addresses && addresses.error().code == errc::own_timeout)
            return std::unexpected{addresses.error()};
        if (!addresses) last = addresses.error();
        found.push_back(addresses ? *std::move(addresses) : std::vector<std::string>{});
    }
    if (ways(where, found) == 0) return std::unexpected{last};
    return found;
}

}  // namespace curfew::pg
