#pragma once

#include <curfew/gateway/admission.hpp>
#include <curfew/gateway/idle_release.hpp>
#include <curfew/gateway/routes.hpp>
#include <curfew/gateway/snapshot.hpp>
#include <curfew/http/accept.hpp>
#include <curfew/http/server.hpp>
#include <curfew/policy/policy.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

namespace curfew::gateway {

/// What all workers of one gateway share: the policy, the routes and the guards.
/// Thread rule: made and changed on one thread before and after the workers run; the rest is as its
/// parts say.
class gateway {
  public:
    /// `now` is when the guards begin.
    gateway(std::shared_ptr<const policy::policy> rules, time_point now);

    [[nodiscard]] const policy::policy& rules() const noexcept { return *rules_; }

    [[nodiscard]] route_table& routes() noexcept { return routes_; }

    [[nodiscard]] const route_table& routes() const noexcept { return routes_; }

    [[nodiscard]] admission& guards() noexcept { return guards_; }

    /// What a route works under.
    [[nodiscard]] const policy::route_limits& limits(route_index route) const noexcept;

    /// Position of a route's upstream in `rules().upstreams`.
    [[nodiscard]] std::size_t upstream(route_index route) const noexcept;

    /// Gives a route its guards, the first time it is used. Lock-free when it has them.
    void prepare(route_index route, time_point now);

    /// Makes the page of the optional health path of the main listener, on the asking worker's
    /// loop; unset: there is none.
    std::function<runtime::task<std::shared_ptr<const http::response>>(runtime::scope&)> health;

    /// Client connections, over all workers.
    http::connection_cap connections;

    /// What the workers agree on about its idle connections.
    [[nodiscard]] idle_release& idle(std::size_t upstream) noexcept { return *idle_[upstream]; }

    /// Whether we run this upstream's backend (that of the first, where `backend.command` is set):
    /// a refused connection then means that it is being restarted, and the request goes back to the
    /// queue.
    [[nodiscard]] bool supervises(std::size_t upstream) const noexcept {
        return upstream == 0 && !rules_->backend.command.empty();
    }

    /// Of the supervised backend: whether it is ready, as far as its supervisor has noticed.
    std::atomic<bool> backend_is_up = true;

    /// The supervised backend has sent a response head: it is not hung. Any thread.
    void heard_from_backend(time_point now) noexcept;

    /// When it last did, to a tenth of a second; time_point::min(): never. Any thread.
    [[nodiscard]] time_point backend_heard_at() const noexcept {
        return time_point{duration{heard_at_.load(std::memory_order_relaxed)}};
    }

  private:
    struct rule {
        policy::route_limits limits;
        std::size_t upstream = 0;
    };

    std::atomic<duration::rep> heard_at_ = time_point::min().time_since_epoch().count();
    std::shared_ptr<const policy::policy> rules_;
    std::vector<rule> by_rule_;
    std::vector<std::unique_ptr<idle_release>> idle_;  ///< as in the policy
    route_table routes_;
    admission guards_;
};

}  // namespace curfew::gateway
