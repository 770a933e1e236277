#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/gateway/idle_release.hpp>
#include <curfew/gateway/limit_names.hpp>
#include <curfew/gateway/routes.hpp>
#include <curfew/policy/policy.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace curfew::gateway {

/// Where an upstream has its guards, and what the workers agree on about its idle connections.
struct upstream_place {
    std::size_t guards = 0;  ///< among the admission's upstreams; the same for a name, for ever
    idle_release* idle = nullptr;
    std::string_view connect_timeout{};  ///< name of that limit
};

/// One policy, made ready for requests: which route a request belongs to, what it works under, and
/// where its guards and numbers are. A request lives under one edition from its head to its end;
/// a reload makes the next one. Never changes but for the places of routes, which are filled in
/// when a route is first used.
/// Thread rule: any thread.
class edition {
  public:
    /// `upstreams`: as in the policy. `routes` is made of rules_of(*rules), perhaps for an earlier
    /// edition: what it has learnt stays known. `names` outlives it. `generation` counts from 1.
    edition(
        std::shared_ptr<const policy::policy> rules,
        std::vector<upstream_place> upstreams,
        std::shared_ptr<route_table> routes,
        limit_name_store& names,
        std::uint32_t generation
    );

    [[nodiscard]] const policy::policy& rules() const noexcept { return *rules_; }

    [[nodiscard]] const std::shared_ptr<route_table>& table() const noexcept { return routes_; }

    [[nodiscard]] route_table& routes() const noexcept { return *routes_; }

    [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }

    /// What a route works under.
    [[nodiscard]] const policy::route_limits& limits(route_index route) const noexcept {
        return by_rule_[routes_->rule(route)].limits;
    }

    /// Which keys said so.
    [[nodiscard]] const limit_names& names(route_index route) const noexcept {
        return by_rule_[routes_->rule(route)].names;
    }

    /// Position of a route's upstream in `rules().upstreams`.
    [[nodiscard]] std::size_t upstream(route_index route) const noexcept {
        return by_rule_[routes_->rule(route)].upstream;
    }

    /// Of the upstream at that position.
    [[nodiscard]] const upstream_place& place_of(std::size_t upstream) const noexcept {
        return upstreams_[upstream];
    }

    /// Where the guards and numbers of a route are; nothing while it was never used. Lock-free.
    [[nodiscard]] std::optional<route_index> place(route_index route) const noexcept {
        const auto known = places_[route].load(std::memory_order_acquire);
        return known == 0 ? std::nullopt : std::optional{static_cast<route_index>(known - 1)};
    }

    /// Said once for a route, or again the same.
    void set_place(route_index route, route_index at) const noexcept {
        places_[route].store(static_cast<std::uint16_t>(at + 1), std::memory_order_release);
    }

  private:
    struct rule {
        policy::route_limits limits;
        std::size_t upstream = 0;
        limit_names names;
    };

    std::shared_ptr<const policy::policy> rules_;
    std::vector<upstream_place> upstreams_;
    std::shared_ptr<route_table> routes_;
    std::uint32_t generation_;
    std::vector<rule> by_rule_;
    std::unique_ptr<std::atomic<std::uint16_t>[]> places_;  ///< + 1; 0: not yet
};

/// The route table's rules: those of the file, or the one that derives them from the traffic.
[[nodiscard]] std::vector<route_rule> rules_of(const policy::policy& from);

}  // namespace curfew::gateway
