#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/core/failure.hpp>
#include <curfew/protocol/http1_message.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace curfew::gateway {

/// What a server says about its connection: `Keep-Alive: timeout=5, max=100`.
struct keep_alive_terms {
    std::optional<duration> timeout{};    ///< how long it keeps an idle connection
    std::optional<std::uint64_t> more{};  ///< requests it still takes on this one

    friend bool operator==(const keep_alive_terms&, const keep_alive_terms&) = default;
};

/// Unknown and malformed parameters are passed over; a timeout is at most 24 h.
[[nodiscard]] keep_alive_terms parse_keep_alive(std::string_view value) noexcept;

struct idle_pool_config {
    std::size_t size = 64;  ///< idle connections at a time; at least 1
    duration idle_timeout = std::chrono::seconds{60};
    duration max_age = std::chrono::hours{1};  ///< since it was opened
};

/// The idle connections to one endpoint, of one loop thread. `Connection` is any move-only handle.
///
/// The last one used is the first one taken, so that the fewest stay warm and the others run out.
/// A connection is given up before the server does it: after `idle_timeout`, or, if the server told
/// its own timeout, a second (of short timeouts: half) before that; so the race of a request
/// against the server's close (RFC 9112, 9.3.1) is rare, and may_retry() covers the rest. Before
/// each reuse the caller must also see that the socket is neither readable nor closed.
///
/// Thread rule: one thread. Nothing allocates after construction. `close(Connection&&)` is called
/// for each connection that is given up.
template <class Connection>
class idle_pool {
  public:
    explicit idle_pool(const idle_pool_config& config) : config_{config} {
        idle_.reserve(config.size);
    }

    /// Keeps a connection opened at `opened` that has just become idle. Nothing is kept that is
    /// too old or not welcome any more; a full pool gives up the one that has been idle longest.
    template <class Close>
    void put(
        Connection&& one,
        time_point opened,
        const keep_alive_terms& terms,
        time_point now,
        Close&& close
    ) {
        const auto until = usable_until(opened, terms, now);
        if (until <= now || terms.more == std::uint64_t{0}) return close(std::move(one));
        if (idle_.size() >= config_.size) {
            close(std::move(idle_.front().connection));
            idle_.erase(idle_.begin());
        }
        idle_.push_back({std::move(one), opened, until});
    }

    struct taken {
        Connection connection;
        time_point opened;
    };

    /// The one that became idle last and is still good.
    template <class Close>
    [[nodiscard]] std::optional<taken> take(time_point now, Close&& close) {
        while (!idle_.empty()) {
            auto last = std::move(idle_.back());
            idle_.pop_back();
            if (last.until > now) return taken{std::move(last.connection), last.opened};
            close(std::move(last.connection));
        }
        return std::nullopt;
    }

    /// Gives up what has run out, or is not `good(const Connection&)` any more. To be called now
    /// and then, or at next_end().
    template <class Good, class Close>
    void sweep(time_point now, Good&& good, Close&& close) {
        std::erase_if(idle_, [&](entry& each) {
            if (each.until > now && good(std::as_const(each.connection))) return false;
            close(std::move(each.connection));
            return true;
        });
    }

    /// When the next one runs out; nothing for an empty pool.
    [[nodiscard]] std::optional<time_point> next_end() const noexcept {
        if (idle_.empty()) return std::nullopt;
        return std::ranges::min_element(idle_, {}, &entry::until)->until;
    }

    [[nodiscard]] std::size_t size() const noexcept { return idle_.size(); }

  private:
    struct entry {
        Connection connection;
        time_point opened;
        time_point until;
    };

    [[nodiscard]] time_point usable_until(
        time_point opened, const keep_alive_terms& terms, time_point now
    ) const noexcept {
        constexpr duration margin = std::chrono::seconds{1};
        auto idle = config_.idle_timeout;
        if (terms.timeout) {
            idle = std::min(idle, *terms.timeout - std::min(margin, *terms.timeout / 2));
        }
        return std::min(add_saturated(now, idle), add_saturated(opened, config_.max_age));
    }

    idle_pool_config config_;
    std::vector<entry> idle_;  ///< longest idle first
};

/// An attempt to have a request answered, that failed.
struct failed_attempt {
    errc why = errc::internal;
    bool idempotent = false;      ///< see is_repeatable
    bool reused = false;          ///< the connection had served a request before
    bool head_written = false;    ///< some byte of the request may have been sent
    bool body_written = false;    ///< some byte of its body may have been
    bool response_begun = false;  ///< a byte of a response was received
    std::uint8_t attempt = 1;     ///< 1: the first
};

/// Idempotent by its method, or by an Idempotency-Key (the backend promises to notice).
[[nodiscard]] bool is_repeatable(const http1::request_head& head) noexcept;

/// Whether to try once more, on a fresh connection. At most one retry, and only when it cannot do
/// anything twice:
///  - nothing of it was sent (it could not connect): any request;
///  - a reused connection was closed or reset before a byte of the response: the race with the
///    server's own idle timeout. Only what is idempotent and had no body sent.
/// Never after a byte of the response, and never after a time-out once it was sent. (A crash of the
/// supervised backend has a rule of its own: see exchange::wait_for_backend.) The retry runs
/// within the same deadline: whether it has time left is the caller's to see.
[[nodiscard]] bool may_retry(const failed_attempt& failed) noexcept;

}  // namespace curfew::gateway
