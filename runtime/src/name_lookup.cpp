#include "name_lookup.hpp"

#include <curfew/runtime/yield.hpp>

#include <netdb.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>

namespace curfew::runtime {

namespace {

constexpr std::size_t name_max = 254;  // RFC 1035, with its final dot
constexpr int looks_a_turn = 16;
constexpr int events_a_look = 16;

void initialise_library() noexcept {
    static std::once_flag once;
    std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
}

failure to_failure(int status) noexcept {
    switch (status) {
        case ARES_ETIMEOUT:
            return {errc::resolve_timeout, status};
        case ARES_ENOMEM:
            return {errc::local_resource, ENOMEM};
        default:
            return {errc::resolve_failed, status};
    }
}

ares_addr_port_node node_of(const endpoint& server) noexcept {
    ares_addr_port_node node{};
    node.family = server.family();
    node.udp_port = node.tcp_port = server.port();
    if (server.family() == AF_INET6) {
        const auto* six = reinterpret_cast<const sockaddr_in6*>(server.address());
        std::memcpy(&node.addr.addr6, &six->sin6_addr, sizeof six->sin6_addr);
    } else {
        node.addr.addr4 = reinterpret_cast<const sockaddr_in*>(server.address())->sin_addr;
    }
    return node;
}

endpoint with_port(const ares_addrinfo_node& found, std::uint16_t port) noexcept {
    sockaddr_storage address{};
    std::memcpy(&address, found.ai_addr, std::min<std::size_t>(found.ai_addrlen, sizeof address));
    if (address.ss_family == AF_INET6) {
        reinterpret_cast<sockaddr_in6&>(address).sin6_port = htons(port);
    } else {
        reinterpret_cast<sockaddr_in&>(address).sin_port = htons(port);
    }
    return endpoint{reinterpret_cast<const sockaddr*>(&address)};
}

}  // namespace

name_lookup::name_lookup(
    loop& on, const std::string& host, std::uint16_t port, const name_servers& servers
)
    : loop_{on}, host_{host}, port_{port}, life_{on}, running_{run(open(servers))} {}

name_lookup::~name_lookup() {
    if (watched_) {
        loop_.outside().unwatch(sockets_.number());
    }
}

void name_lookup::join(asker& by) noexcept {
    if (answered()) {
        by.done.pass();
    } else {
        askers_.push_back(by);
    }
}

companion name_lookup::run(result<> opened) {
    if (!opened) {
        finish(std::unexpected{opened.error()});
    }
    for (int looks = 1; !answered(); ++looks) {
        ready_.clear_readable();
        if (process_sockets()) {
            if (looks % looks_a_turn == 0) {
                yield others_first{life_};
                co_await others_first;
            }
            continue;
        }
        scope patience{life_, {deadline{next_timeout()}}};
        auto readable = ready_.wait_readable(patience);
        const auto woken = co_await readable;
        if (woken == wake::ended) {
            ares_process_fd(channel_.get(), ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        }
    }
}

result<> name_lookup::open(const name_servers& servers) noexcept {
    if (host_.empty() || host_.size() > name_max || host_.find('\0') != std::string::npos) {
        return fail(errc::resolve_failed, ARES_EBADNAME);
    }
    sockets_ = descriptor{epoll_create1(EPOLL_CLOEXEC)};
    if (!sockets_) {
        return fail(errc::local_resource, errno);
    }
    if (const int status = open_channel(servers); status != ARES_SUCCESS) {
        return std::unexpected{to_failure(status)};
    }
    ask();
    if (answered()) {
        return {};
    }
    auto watching = loop_.outside().watch(sockets_.number(), ready_);
    watched_ = watching.has_value();
    return watching;
}

int name_lookup::open_channel(const name_servers& servers) noexcept {
    initialise_library();
    std::array<char, 3> files_then_servers{'f', 'b', '\0'};
    ares_options options{};
    options.lookups = files_then_servers.data();
    options.timeout =
        static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(servers.attempt).count());
    options.tries = servers.rounds;
    options.sock_state_cb = &socket_changed;
    options.sock_state_cb_data = this;
    constexpr int given =
        ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    ares_channeldata* made = nullptr;
    int status = ares_init_options(&made, &options, given);
    if (status != ARES_SUCCESS) {
        return status;
    }
    channel_.reset(made);
    std::vector<ares_addr_port_node> nodes;
    std::ranges::transform(servers.at, std::back_inserter(nodes), node_of);
    for (std::size_t i = 1; i < nodes.size(); ++i) {
        nodes[i - 1].next = &nodes[i];
    }
    return nodes.empty() ? status : ares_set_servers_ports(made, nodes.data());
}

void name_lookup::ask() noexcept {
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(channel_.get(), host_.c_str(), nullptr, &hints, &finished, this);
}

bool name_lookup::process_sockets() noexcept {
    std::array<epoll_event, events_a_look> events;
    const int ready = epoll_wait(sockets_.number(), events.data(), events_a_look, 0);
    for (int i = 0; i < ready; ++i) {
        // A failed socket shows in reading; one that is closed by now is unknown to c-ares.
        const int socket = events[static_cast<std::size_t>(i)].data.fd;
        const bool writes = (events[static_cast<std::size_t>(i)].events & EPOLLOUT) != 0;
        const bool reads = (events[static_cast<std::size_t>(i)].events & ~EPOLLOUT) != 0;
        ares_process_fd(
            channel_.get(), reads ? socket : ARES_SOCKET_BAD, writes ? socket : ARES_SOCKET_BAD
        );
    }
    if (refusal_ != 0) {
        finish(fail(errc::local_resource, refusal_));
    }
    return ready > 0;
}

time_point name_lookup::next_timeout() const noexcept {
    timeval longest{10, 0};
    timeval buffer{};
    const timeval* left = ares_timeout(channel_.get(), &longest, &buffer);
    // c-ares cuts to whole milliseconds, down to none: one more, or this would spin for the last.
    constexpr auto cut = std::chrono::milliseconds{1};
    const auto length =
        std::chrono::seconds{left->tv_sec} + std::chrono::microseconds{left->tv_usec} + cut;
    return add_saturated(loop_.now(), length);
}

void name_lookup::follow(int socket, bool reads, bool writes) noexcept {
    epoll_event wanted{};
    wanted.events = (reads ? std::uint32_t{EPOLLIN} : 0) | (writes ? std::uint32_t{EPOLLOUT} : 0);
    wanted.data.fd = socket;
    if (wanted.events == 0) {
        epoll_ctl(sockets_.number(), EPOLL_CTL_DEL, socket, &wanted);
        return;
    }
    if (epoll_ctl(sockets_.number(), EPOLL_CTL_ADD, socket, &wanted) == 0) {
        return;
    }
    if (errno != EEXIST || epoll_ctl(sockets_.number(), EPOLL_CTL_MOD, socket, &wanted) < 0) {
        refusal_ = errno;
    }
}

void name_lookup::finish(result<std::vector<endpoint>> with) noexcept {
    if (answered()) {
        return;
    }
    answer_ = std::move(with);
    while (asker* waiting = askers_.pop_front()) {
        waiting->done.pass();
    }
}

void name_lookup::socket_changed(void* self, int socket, int reads, int writes) {
    static_cast<name_lookup*>(self)->follow(socket, reads != 0, writes != 0);
}

void name_lookup::finished(void* self, int status, int, ares_addrinfo* found) {
    auto& of = *static_cast<name_lookup*>(self);
    std::vector<endpoint> addresses;
    const ares_addrinfo_node* node = found != nullptr ? found->nodes : nullptr;
    for (; node != nullptr && addresses.size() < resolver::addresses_max; node = node->ai_next) {
        addresses.push_back(with_port(*node, of.port_));
    }
    if (found != nullptr) {
        ares_freeaddrinfo(found);
    }
    if (status != ARES_SUCCESS) {
        of.finish(std::unexpected{to_failure(status)});
    } else if (addresses.empty()) {
        of.finish(fail(errc::resolve_failed, ARES_ENODATA));
    } else {
        of.finish(std::move(addresses));
    }
}

bool is_nobodys_name(const failure& why) noexcept {
    return why.code == errc::resolve_failed &&
           (why.detail == ARES_ENOTFOUND || why.detail == ARES_ENODATA ||
            why.detail == ARES_EBADNAME);
}

}  // namespace curfew::runtime
