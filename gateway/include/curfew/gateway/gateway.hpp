#pragma once

#include <curfew/gateway/admission.hpp>
#include <curfew/gateway/edition.hpp>
#include <curfew/gateway/idle_release.hpp>
#include <curfew/gateway/routes.hpp>
#include <curfew/gateway/snapshot.hpp>
#include <curfew/http/accept.hpp>
#include <curfew/http/server.hpp>
#include <curfew/policy/policy.hpp>

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace curfew::gateway {

/// Why a policy cannot be taken over without a restart.
enum class obstacle : std::uint8_t {
    editions_in_use,  ///< requests in flight hold `editions_max` earlier ones
    names_used_up,    ///< upstreams and routes of so many names have been known
};

/// What all workers of one gateway share: the policy in force, and the guards.
/// Thread rule: made and changed on one thread (the control loop's); prepare() and what the parts
/// say so of, on any.
class gateway {
  public:
    /// Earlier editions that requests in flight may hold at a time.
    static constexpr std::size_t editions_max = 64;
    /// Names of upstreams over the life of the process.
    static constexpr std::size_t upstreams_max = 4096;

    /// `now` is when the guards begin. Pairs of upstream and route over the life of the process:
    /// four times what the first policy may have, at least 4 096.
    gateway(std::shared_ptr<const policy::policy> rules, time_point now);

    /// Makes `rules` the policy in force: guards keep their state by name and have their new limits
    /// at once. Each worker takes the answer over by worker::adopt(). What was learnt of the
    /// traffic stays known where the routes are found as before. An obstacle changes nothing.
    [[nodiscard]] std::expected<std::shared_ptr<const edition>, obstacle> adopt(
        std::shared_ptr<const policy::policy> rules, time_point now
    );

    /// The one in force.
    [[nodiscard]] const std::shared_ptr<const edition>& current() const noexcept {
        return current_;
    }

    [[nodiscard]] const policy::policy& rules() const noexcept { return current_->rules(); }

    /// Earlier editions that are in use still.
    [[nodiscard]] std::size_t earlier_in_use() noexcept;

    [[nodiscard]] admission& guards() noexcept { return guards_; }

    /// Where a route's guards and numbers are; the first time, gives it some. A derived route for
    /// which there is no place any more, or that only an earlier edition has met, has those of its
    /// `other`. Any thread; lock-free when it was used before.
    [[nodiscard]] route_index prepare(const edition& under, route_index route, time_point now);

    /// Makes the page of the optional health path of the main listener, on the asking worker's
    /// loop; unset: there is none.
    std::function<runtime::task<std::shared_ptr<const http::response>>(runtime::scope&)> health;

    /// Client connections, over all workers.
    http::connection_cap connections;

    /// What the workers agree on about idle connections to the upstream with these guards.
    [[nodiscard]] idle_release& idle(std::size_t guards) noexcept { return *idle_[guards]; }

    /// Whether we run the backend of the upstream with these guards (that of the first, where
    /// `backend.command` is set): a refused connection then means that it is being restarted, and
    /// the request goes back to the queue.
    [[nodiscard]] bool supervises(std::size_t guards) const noexcept {
        return guards == 0 && supervises_first_;
    }

    /// Hears of a request to the supervised backend that has reached a limit of its own, and how
    /// long that is, on the worker's thread. Set before the workers run; unset: nobody does.
    std::function<void(duration waited)> backend_overdue;

    /// The supervised backend has sent a response head: it is not hung. Any thread.
    void heard_from_backend(time_point now) noexcept;

    /// When it last did, to a tenth of a second; time_point::min(): never. Any thread.
    [[nodiscard]] time_point backend_heard_at() const noexcept {
        return time_point{duration{heard_at_.load(std::memory_order_relaxed)}};
    }

  private:
    using route_name = std::pair<std::size_t, std::string>;  ///< guards of its upstream, name

    [[nodiscard]] bool has_names_for(const policy::policy& rules);
    [[nodiscard]] std::shared_ptr<const edition> make_edition(
        std::shared_ptr<const policy::policy> rules, time_point now
    );
    void place_all(const edition& of, time_point now);
    [[nodiscard]] route_index give_place(const edition& under, route_index route, time_point now);

    std::atomic<duration::rep> heard_at_ = time_point::min().time_since_epoch().count();
    bool supervises_first_;
    std::size_t places_max_;
    limit_name_store names_;                           ///< of the limits of all editions
    std::vector<std::unique_ptr<idle_release>> idle_;  ///< as the admission's upstreams
    std::vector<std::string> upstream_names_;          ///< likewise
    std::mutex placing_;
    std::map<route_name, route_index> places_;
    admission guards_;
    std::shared_ptr<const edition> current_;
    std::atomic<std::uint32_t> generation_ = 1;
    std::vector<std::weak_ptr<const edition>> earlier_;
};

}  // namespace curfew::gateway
