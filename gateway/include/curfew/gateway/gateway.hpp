#pragma once

#include <curfew/core/event.hpp>
#include <curfew/gateway/admission.hpp>
#include <curfew/gateway/routes.hpp>
#include <curfew/gateway/snapshot.hpp>
#include <curfew/http/server.hpp>
#include <curfew/policy/policy.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

namespace curfew::gateway {

/// What all workers of one gateway share: the policy, the routes, the guards, and where events go.
/// Thread rule: made and changed on one thread before and after the workers run; the rest is as its
/// parts say.
class gateway {
  public:
    /// `now` is when the guards begin. `events` outlives the gateway.
    gateway(std::shared_ptr<const policy::policy> rules, event_sink& events, time_point now);

    [[nodiscard]] const policy::policy& rules() const noexcept { return *rules_; }

    [[nodiscard]] route_table& routes() noexcept { return routes_; }

    [[nodiscard]] const route_table& routes() const noexcept { return routes_; }

    [[nodiscard]] admission& guards() noexcept { return guards_; }

    [[nodiscard]] event_sink& events() noexcept { return events_; }

    /// What a route works under.
    [[nodiscard]] const policy::route_limits& limits(route_index route) const noexcept;

    /// Position of a route's upstream in `rules().upstreams`.
    [[nodiscard]] std::size_t upstream(route_index route) const noexcept;

    /// Gives a route its guards, the first time it is used. Lock-free when it has them.
    void prepare(route_index route, time_point now);

    /// Answers the optional health path of the main listener; unset: there is none.
    http::handler health;

    /// Whether we run the backend: a refused connection then means that it is being restarted, and
    /// the request goes back to the queue.
    bool supervised = false;

    /// Of a supervised backend: whether it is ready, as far as its supervisor has noticed.
    std::atomic<bool> backend_is_up = true;

    /// Response heads received so far: whoever sends one is not hung.
    std::atomic<std::uint64_t> answers = 0;

  private:
    struct rule {
        policy::route_limits limits;
        std::size_t upstream = 0;
    };

    std::shared_ptr<const policy::policy> rules_;
    event_sink& events_;
    std::vector<rule> by_rule_;
    route_table routes_;
    admission guards_;
};

}  // namespace curfew::gateway
