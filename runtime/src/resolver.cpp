#include <curfew/runtime/baton.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/resolver.hpp>

#include <ares.h>

#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace curfew::runtime {

namespace {

void initialise_library() {
    static std::once_flag once;
    std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
}

}  // namespace

/// c-ares owns its sockets and closes them itself; it is driven by a short timer while a query is
/// under way, which keeps its descriptors out of the poller: name look-ups are rare.
class resolver::channel {
  public:
    explicit channel(loop& on) : loop_{on}, tick_{*this} {
        initialise_library();
        ares_options options{};
        options.timeout = 1000;
        options.tries = 4;
        std::array<char, 3> lookups{'f', 'b', '\0'};
        options.lookups = lookups.data();
        usable_ = ares_init_options(
                      &channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS
                  ) == ARES_SUCCESS;
    }

    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;

    ~channel() {
        if (usable_) {
            ares_destroy(channel_);
        }
    }

    struct query {
        baton done;
        int status = ARES_ECANCELLED;
        std::uint16_t port = 0;
        std::vector<endpoint> found;
    };

    /// The query belongs to c-ares until its callback has run, so it is shared.
    void begin(const std::string& host, std::shared_ptr<query> asked) {
        if (!usable_) {
            asked->done.pass();
            return;
        }
        ++under_way_;
        ares_addrinfo_hints hints{};
        hints.ai_family = AF_UNSPEC;
        hints.ai_socktype = SOCK_STREAM;
        auto* holder = new pending{*this, std::move(asked)};
        ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &finished, holder);
        drive();
    }

  private:
    struct pending {
        channel& of;
        std::shared_ptr<query> asked;
    };

    struct tick final : timer {
        explicit tick(channel& c) noexcept
            : timer{[](timer& self) noexcept { static_cast<tick&>(self).of.drive(); }}, of{c} {}

        channel& of;
    };

    static void finished(void* argument, int status, int, ares_addrinfo* answer) {
        const std::unique_ptr<pending> holder{static_cast<pending*>(argument)};
        query& asked = *holder->asked;
        --holder->of.under_way_;
        asked.status = status;
        for (auto* node = answer != nullptr ? answer->nodes : nullptr;
             node != nullptr && asked.found.size() < addresses_max;
             node = node->ai_next) {
            sockaddr_storage address{};
            std::copy_n(
                reinterpret_cast<const char*>(node->ai_addr),
                std::min<std::size_t>(node->ai_addrlen, sizeof address),
                reinterpret_cast<char*>(&address)
            );
            if (address.ss_family == AF_INET6) {
                reinterpret_cast<sockaddr_in6&>(address).sin6_port = htons(asked.port);
            } else {
                reinterpret_cast<sockaddr_in&>(address).sin_port = htons(asked.port);
            }
            asked.found.emplace_back(reinterpret_cast<const sockaddr*>(&address));
        }
        if (answer != nullptr) {
            ares_freeaddrinfo(answer);
        }
        asked.done.pass();
    }

    void drive() noexcept {
        std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
        const int wanted = ares_getsock(channel_, sockets.data(), ARES_GETSOCK_MAXNUM);
        std::array<pollfd, ARES_GETSOCK_MAXNUM> polled{};
        nfds_t count = 0;
        for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
            const auto events = static_cast<short>(
                (ARES_GETSOCK_READABLE(wanted, i) ? POLLIN : 0) |
                (ARES_GETSOCK_WRITABLE(wanted, i) ? POLLOUT : 0)
            );
            if (events != 0) {
                polled[count++] = {sockets[static_cast<std::size_t>(i)], events, 0};
            }
        }
        ::poll(polled.data(), count, 0);
        for (nfds_t i = 0; i < count; ++i) {
            const bool reads = (polled[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
            const bool writes = (polled[i].revents & POLLOUT) != 0;
            ares_process_fd(
                channel_,
                reads ? polled[i].fd : ARES_SOCKET_BAD,
                writes ? polled[i].fd : ARES_SOCKET_BAD
            );
        }
        ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        if (under_way_ > 0) {
            constexpr auto pace = std::chrono::milliseconds{2};
            loop_.timers().arm(tick_, add_saturated(loop_.now(), pace));
        }
    }

    loop& loop_;
    ares_channel channel_{};
    bool usable_ = false;
    int under_way_ = 0;
    tick tick_;
};

resolver::resolver(loop& on) : channel_{std::make_unique<channel>(on)} {}

resolver::~resolver() = default;

task<result<std::vector<endpoint>>> resolver::resolve(
    std::string host, std::uint16_t port, scope& under
) {
    if (const auto numeric = endpoint::of(host, port)) {
        co_return std::vector{*numeric};
    }
    auto asked = std::make_shared<channel::query>();
    asked->port = port;
    channel_->begin(host, asked);
    auto answered = asked->done.wait(under);
    const auto woken = co_await answered;
    if (woken == wake::ended) {
        co_return std::unexpected{ended_failure(under, errc::resolve_timeout)};
    }
    if (asked->status != ARES_SUCCESS || asked->found.empty()) {
        co_return fail(errc::resolve_failed, asked->status);
    }
    co_return std::move(asked->found);
}

}  // namespace curfew::runtime
