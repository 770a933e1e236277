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
/// An endpoint that could not be connected to rests: 500 ms, doubled by each further failure, at
/// most 8 s. Resting ones are passed over, but never all: when everybody rests, the one whose rest
/// ends first is tried. A connection that succeeds ends the rest and the doubling.
///
/// Thread rule: one thread; each loop has its own. Nothing allocates after construction.
class balancer {
  public:
    static constexpr duration first_rest = std::chrono::milliseconds{500};
    static constexpr duration longest_rest = std::chrono::seconds{8};

    /// `endpoints`: at least 1.
    balancer(policy::balancing how, std::size_t endpoints);

    /// An endpoint for a request. Counts nothing: call started() when the request goes there.
    [[nodiscard]] std::size_t pick(time_point now) noexcept;

    void started(std::size_t endpoint) noexcept;
    void ended(std::size_t endpoint) noexcept;

    void connected(std::size_t endpoint) noexcept;
    void connect_failed(std::size_t endpoint, time_point now) noexcept;

    struct status {
        bool resting = false;
        std::uint32_t in_flight = 0;
        std::uint64_t connects = 0;  ///< successful ones
        std::uint64_t connect_failures = 0;
    };

    [[nodiscard]] status describe(std::size_t endpoint, time_point now) const noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return endpoints_.size(); }

  private:
    struct endpoint {
        std::uint32_t in_flight = 0;
        std::uint32_t failures_in_a_row = 0;
        time_point rests_until = time_point::min();
        std::uint64_t connects = 0;
        std::uint64_t connect_failures = 0;
    };

    [[nodiscard]] bool better(const endpoint& a, const endpoint& b, time_point now) const noexcept;

    policy::balancing how_;
    std::vector<endpoint> endpoints_;
    std::size_t turn_ = 0;
};

}  // namespace curfew::gateway
