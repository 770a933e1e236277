#pragma once

#include <curfew/core/budget.hpp>
#include <curfew/gateway/admission.hpp>
#include <curfew/gateway/live_requests.hpp>
#include <curfew/runtime/intrusive_list.hpp>
#include <curfew/runtime/scope.hpp>

namespace curfew::gateway {

struct in_live_work;

/// A request in a worker's list of those that it has in hand. Lives in the frame of what does the
/// work, as does all that it points to. No allocation. Thread rule: the worker's loop.
struct live_work : runtime::list_node<in_live_work> {
    route_index route = 0;
    http1::method_id method{};
    trace_context trace{};
    time_point arrival{};
    const runtime::scope* under = nullptr;  ///< what ends it
    const permit* held = nullptr;
    const budget* spent = nullptr;  ///< null: abandoned
    time_point given_up{};          ///< where abandoned

    [[nodiscard]] live_request describe(time_point now) const noexcept {
        live_request made;
        made.route = route;
        made.method = method;
        made.trace = trace;
        made.age = now - arrival;
        made.hanging = held->hanging();
        made.abandoned = spent == nullptr;
        made.at = spent != nullptr ? spent->open() : stage::attempt;
        made.number = spent != nullptr ? spent->number() : std::uint8_t{0};
        made.in_stage = now - (spent != nullptr ? spent->entered() : given_up);
        if (const bound limit = under->limit(); limit.at.reachable()) {
            made.left = limit.at.left(now);
        }
        return made;
    }
};

using live_works = runtime::intrusive_list<live_work, in_live_work>;

}  // namespace curfew::gateway
