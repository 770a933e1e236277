#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/policy/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace curfew::gateway {

/// Which of an upstream's equal endpoints a request goes to.
///
///  - round_robin: each in turn.
///  - least_loaded: the one with the fewest requests in flight, abandoned ones included, since the
///    endpoint still works on them; ties in turn. Exact: it looks at all of them.
///
/// An endpoint that could not be connected to rests until a connection to it succeeds. When to try
/// that is `next_try`: after 100 ms, doubled by each try that fails, at most 1 s; what fails before
/// then moves nothing, so many requests cannot put it off. Resting ones are passed over, but never
/// all: when everybody rests, the one whose next try comes first is picked.
///
/// Thread rule: one thread; each loop has its own. Nothing allocates after construction.
class balancer {
  public:
    static constexpr duration first_rest = std::chrono::milliseconds{100};
    static constexpr duration longest_rest = std::chrono::seconds{1};

    /// `endpoints`: at least 1.
    balancer(policy::balancing how, std::size_t endpoints);

    /// An endpoint for a request. Counts nothing: call started() when the request goes there.
    [[nodiscard]] std::size_t pick() noexcept;

    void started(std::size_t endpoint) noexcept;
    void ended(std::size_t endpoint) noexcept;

    void connected(std::size_t endpoint) noexcept;
    void connect_failed(std::size_t endpoint, time_point now) noexcept;

    [[nodiscard]] bool rests(std::size_t endpoint) const noexcept {
        return endpoints_[endpoint].tries_failed > 0;
    }

    [[nodiscard]] bool all_rest() const noexcept;

    /// When a resting endpoint should be tried again.
    [[nodiscard]] time_point next_try(std::size_t endpoint) const noexcept {
        return endpoints_[endpoint].next_try;
    }

    struct status {
        bool resting = false;
        std::uint32_t in_flight = 0;
        std::uint64_t connects = 0;  ///< successful ones
        std::uint64_t connect_failures = 0;
    };

    [[nodiscard]] status describe(std::size_t endpoint) const noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return endpoints_.size(); }

  private:
    struct endpoint {
        std::uint32_t in_flight = 0;
        std::uint32_t tries_failed = 0;  ///< in a row; 0: it does not rest
        time_point next_try = time_point::min();
        std::uint64_t connects = 0;
        std::uint64_t connect_failures = 0;
    };

    [[nodiscard]] bool better(const endpoint& a, const endpoint& b) const noexcept;

    policy::balancing how_;
    std::vector<endpoint> endpoints_;
    std::size_t turn_ = 0;
};

}  // namespace curfew::gateway
