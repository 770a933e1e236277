#pragma once

#include <curfew/runtime/baton.hpp>
#include <curfew/runtime/descriptor.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/resolver.hpp>

#include <ares.h>

#include <optional>

namespace curfew::runtime {

struct in_lookup;

/// A coroutine that starts at once and is destroyed with this object, wherever it waits by then.
class companion {
  public:
    struct promise_type : detail::promise_base {
        companion get_return_object() noexcept {
            return companion{std::coroutine_handle<promise_type>::from_promise(*this)};
        }

        std::suspend_never initial_suspend() noexcept { return {}; }

        void return_void() noexcept {}
    };

    companion(companion&& other) noexcept : coroutine_{std::exchange(other.coroutine_, {})} {}

    companion& operator=(companion&&) = delete;

    ~companion() {
        if (coroutine_) {
            coroutine_.destroy();
        }
    }

  private:
    explicit companion(std::coroutine_handle<> coroutine) noexcept : coroutine_{coroutine} {}

    std::coroutine_handle<> coroutine_;
};

/// One name being looked up, with a c-ares channel of its own: c-ares cannot give up one query of
/// several, but a channel can be destroyed, and its sockets with it.
///
/// c-ares wants level-triggered events (it reads a TCP answer's length first, the rest when told
/// again), opens and closes its sockets inside its own calls, and the loop's poller reports edges.
/// So its sockets are in an epoll of the look-up, which the poller watches as one descriptor, and a
/// socket that comes or goes is no more than an entry there. Between two events nothing runs: the
/// next one is an edge of that epoll or c-ares' own timeout, on the loop's wheel.
///
/// Everything but the first call of c-ares is made by one coroutine, `run`, which goes with this
/// object. Thread rule: the loop's thread.
class name_lookup {
  public:
    /// One who waits for the answer; leaves by being destroyed.
    struct asker : list_node<in_lookup> {
        baton done;
    };

    /// Begins at once; may have been answered when it returns (/etc/hosts, or a failure).
    name_lookup(loop& on, const std::string& host, std::uint16_t port, const name_servers& servers);
    name_lookup(const name_lookup&) = delete;
    name_lookup& operator=(const name_lookup&) = delete;
    ~name_lookup();

    [[nodiscard]] bool is_for(const std::string& host, std::uint16_t port) const noexcept {
        return port_ == port && host_ == host;
    }

    void join(asker& by) noexcept;

    [[nodiscard]] bool answered() const noexcept { return answer_.has_value(); }

    [[nodiscard]] const result<std::vector<endpoint>>& answer() const noexcept { return *answer_; }

  private:
    struct close_channel {
        void operator()(ares_channeldata* of) const noexcept { ares_destroy(of); }
    };

    companion run(result<> opened);
    [[nodiscard]] result<> open(const name_servers& servers) noexcept;
    [[nodiscard]] int open_channel(const name_servers& servers) noexcept;
    void ask() noexcept;
    [[nodiscard]] bool process_sockets() noexcept;
    [[nodiscard]] time_point next_timeout() const noexcept;
    void follow(int socket, bool reads, bool writes) noexcept;
    void finish(result<std::vector<endpoint>> with) noexcept;

    static void socket_changed(void* self, int socket, int reads, int writes);
    static void finished(void* self, int status, int timeouts, ares_addrinfo* found);

    loop& loop_;
    const std::string host_;
    const std::uint16_t port_;
    intrusive_list<asker, in_lookup> askers_;
    std::optional<result<std::vector<endpoint>>> answer_;
    int refusal_ = 0;  ///< errno, when a socket could not be followed
    descriptor sockets_;
    readiness ready_;
    bool watched_ = false;
    std::unique_ptr<ares_channeldata, close_channel> channel_;  ///< before sockets_ goes
    scope life_;
    companion running_;  ///< goes first
};

}  // namespace curfew::runtime
