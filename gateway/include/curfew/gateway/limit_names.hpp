#pragma once

#include <curfew/policy/policy.hpp>

#include <set>
#include <string>
#include <string_view>

namespace curfew::gateway {

/// The policy key that gave each limit of a route: what a refusal, a time-out and the ledger name.
/// Views of text in static storage, or of what a limit_name_store keeps.
struct limit_names {
    std::string_view timeout = "request.timeout";
    std::string_view body_idle = "request.body_idle";
    std::string_view in_flight = "gateway.in_flight";
    std::string_view queue = "gateway.queue";
    std::string_view adaptive = "request.adaptive";
    std::string_view reset = "breaker.reset";

    friend bool operator==(const limit_names&, const limit_names&) = default;
};

/// Keeps names of limits as long as it lives, over all reloads: causes view them, and guards, who
/// waits and what is abandoned outlive the policy that said them. Each name once, seven at most for
/// each upstream and route that the gateway has places for, so it is as bounded as those are.
/// Thread rule: one thread; what it gave is read on any.
class limit_name_store {
  public:
    limit_name_store() = default;
    limit_name_store(const limit_name_store&) = delete;
    limit_name_store& operator=(const limit_name_store&) = delete;

    [[nodiscard]] limit_names keep(const policy::route_limit_keys& of);

    [[nodiscard]] std::string_view keep(std::string_view name);

  private:
    std::set<std::string, std::less<>> kept_;
};

}  // namespace curfew::gateway
