#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/policy/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace curfew::gateway {

/// Why an endpoint is passed over.
enum class rest_reason : std::uint8_t {
    none,
    no_connections,  ///< it takes none
    hangs,           ///< requests hang at it
    fails,           ///< requests fail at it, one after the other
};

/// "takes no connections", "requests hang at it", "requests fail at it"; empty for none.
[[nodiscard]] std::string_view to_string(rest_reason why) noexcept;

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
/// An endpoint that takes connections and serves badly rests too. What goes wrong at it is its own
/// doing only where another endpoint in service gave the last answer of the same route well: an
/// application that fails or hangs everywhere rests nobody. Its own doing are
///  - a hang: at once, if it has answered nothing well since that request was sent; otherwise the
///    third request that hangs at it at one time, so that a slow one now and then is no hang;
///  - a connection that ends without an answer, nonsense, a 5xx: the fifth in a row.
/// At most half of the endpoints rest for that (one of two or three), and never the last one in
/// service. With one endpoint nothing of this happens.
/// After a pause of 1 s, doubled by each trial that fails, at most 30 s, one request at a time goes
/// there for a trial: one that harms nobody, or any when none has come for as long again. A good
/// answer to it ends the rest; who then serves well for 30 s begins with 1 s again. Passive
/// outlier detection, after Envoy and Finagle's failure accrual.
///
/// Known limits: routes are told apart by their index modulo 64; who fails often, but never five
/// times in a row, does not rest; an answer that breaks off after its head counts as one.
///
/// Thread rule: one thread; each loop has its own and finds out for itself, so that no request
/// takes a lock. Nothing allocates after construction.
class balancer {
  public:
    static constexpr duration first_rest = std::chrono::milliseconds{100};
    static constexpr duration longest_rest = std::chrono::seconds{1};

    static constexpr std::uint32_t failures_to_rest = 5;
    static constexpr std::uint32_t hanging_to_rest = 3;
    static constexpr duration first_pause = std::chrono::seconds{1};
    static constexpr duration longest_pause = std::chrono::seconds{30};

    /// A trial that has not ended after so long lets another begin.
    static constexpr duration trial_lease = std::chrono::seconds{30};

    /// `endpoints`: at least 1.
    balancer(policy::balancing how, std::size_t endpoints);

    /// An endpoint for a request. `harmless`: it may be sent twice and has no body. Counts nothing:
    /// call started() when the request goes there, or not_sent().
    [[nodiscard]] std::size_t pick(time_point now, bool harmless) noexcept;

    /// True if this is the trial of a resting endpoint.
    [[nodiscard]] bool started(std::size_t endpoint) noexcept;
    void ended(std::size_t endpoint) noexcept;

    /// What was picked could not be connected to, or its client left before.
    void not_sent(std::size_t endpoint) noexcept;

    void connected(std::size_t endpoint) noexcept;
    void connect_failed(std::size_t endpoint, time_point now) noexcept;

    /// A request as its endpoint sees it.
    struct request {
        std::size_t endpoint = 0;
        std::size_t route = 0;
        time_point sent{};
        bool trial = false;
    };

    void answered_well(const request& one, time_point now) noexcept;

    /// These are true where it was the endpoint's own doing, and others stand in for it: it then
    /// says nothing about the route.
    [[nodiscard]] bool answered_badly(const request& one, time_point now) noexcept;
    [[nodiscard]] bool failed(const request& one, time_point now) noexcept;

    /// `again`: it was told of this request before. It counts as hanging until hang_ended().
    [[nodiscard]] bool hangs(const request& one, bool again, time_point now) noexcept;
    void hang_ended(std::size_t endpoint) noexcept;

    /// The trial ended without a word about the endpoint.
    void trial_ended(std::size_t endpoint) noexcept;

    /// It is passed over for what it did to requests, and others stand in for it.
    [[nodiscard]] bool is_set_aside(std::size_t endpoint) const noexcept {
        return endpoints_[endpoint].why != rest_reason::none && others_serve(endpoint);
    }

    /// It takes no connections.
    [[nodiscard]] bool rests(std::size_t endpoint) const noexcept {
        return endpoints_[endpoint].tries_failed > 0;
    }

    /// None takes connections.
    [[nodiscard]] bool all_rest() const noexcept;

    /// When an endpoint that takes no connections should be tried again.
    [[nodiscard]] time_point next_try(std::size_t endpoint) const noexcept {
        return endpoints_[endpoint].next_try;
    }

    struct status {
        rest_reason resting = rest_reason::none;
        std::uint32_t in_flight = 0;
        std::uint64_t connects = 0;  ///< successful ones
        std::uint64_t connect_failures = 0;
        std::uint64_t rests = 0;  ///< how often it began to rest for what it did to requests
    };

    [[nodiscard]] status describe(std::size_t endpoint) const noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return endpoints_.size(); }

  private:
    enum class trial : std::uint8_t { none, picked, runs };

    struct endpoint {
        std::uint32_t in_flight = 0;
        std::uint32_t tries_failed = 0;  ///< in a row; 0: it takes connections
        time_point next_try = time_point::min();
        std::uint64_t connects = 0;
        std::uint64_t connect_failures = 0;

        std::uint64_t well = 0;  ///< routes, a bit each, whose last answer from it was good
        time_point answered = time_point::min();  ///< well, for the last time
        std::uint32_t hanging = 0;
        std::uint32_t failures = 0;  ///< in a row

        rest_reason why = rest_reason::none;  ///< it rests; never no_connections
        time_point since = time_point::min();
        time_point next_trial = time_point::min();
        duration pause{};  ///< before next_trial
        trial on_trial = trial::none;
        time_point lease_ends = time_point::min();
        time_point back = time_point::min();  ///< in service, for the last time
        std::uint64_t rests = 0;
    };

    [[nodiscard]] bool better(const endpoint& a, const endpoint& b) const noexcept;
    [[nodiscard]] static bool is_in_service(const endpoint& one) noexcept;
    [[nodiscard]] bool is_due(const endpoint& one, time_point now, bool harmless) const noexcept;
    [[nodiscard]] bool others_serve(std::size_t endpoint) const noexcept;
    [[nodiscard]] bool others_answer(std::size_t endpoint, std::size_t route) const noexcept;
    [[nodiscard]] bool may_rest(std::size_t endpoint) const noexcept;
    [[nodiscard]] bool is_its_own_doing(const request& one) noexcept;
    [[nodiscard]] bool count_failure(const request& one, time_point now) noexcept;
    static void rest(endpoint& one, rest_reason why, time_point now) noexcept;
    static void fail_trial(endpoint& one, time_point now) noexcept;
    static void serve_again(endpoint& one, time_point now) noexcept;

    policy::balancing how_;
    std::vector<endpoint> endpoints_;
    std::size_t turn_ = 0;
    std::size_t set_aside_ = 0;  ///< how many rest for what they did to requests
};

}  // namespace curfew::gateway
