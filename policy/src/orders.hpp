#pragma once

#include "building.hpp"

#include <span>
#include <string>
#include <string_view>

namespace curfew::policy {

/// Two limits of which one is within the other: `inner` is less than `outer`, or at most as much
/// where they may be equal. Paths are those of keys ("upstream.*.connect_timeout").
///
/// Of two that were set, neither gives way: they contradict each other, and that is a problem. Of
/// one that was set and one that was not, the default gives way, in either direction: an outer one
/// grows to twice the inner, an inner one shrinks to half the outer, and where they may be equal to
/// just as much. What else was set around it, and the range of its key, bound how far it goes; at
/// the end of a range the two may be equal. Of two defaults none is moved, and the built-in ones
/// agree. So nothing is ever refused because of a default.
///
/// What a chain of rows implies ("slow < timeout <= lease" makes "slow < lease") is a row too, that
/// counts where the key between them was not set. So the value of a default follows from what was
/// set alone, in whichever order it is looked at.
struct order {
    std::string_view inner;
    std::string_view outer;
    bool may_be_equal = false;
    std::string_view between{};  ///< of a row that two others imply
};

[[nodiscard]] std::span<const order> orders() noexcept;

/// Between the keys of one route, after it has inherited what it leaves out; an inherited value is
/// weaker than one that the route sets.
[[nodiscard]] std::span<const order> route_orders() noexcept;

/// Settles orders() over every upstream and every route, before routes inherit.
void settle(building& of);

/// Settles route_orders() of each route.
void settle_routes(building& of);

/// Reports two set limits of which the inner one is not within the outer.
void check_order(building& of, const order& rule);

/// "`request.slow` (6s)", as problems name a key and its value.
[[nodiscard]] std::string with_value(building& of, std::string_view path);

}  // namespace curfew::policy
