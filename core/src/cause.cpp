#include <curfew/core/cause.hpp>

namespace curfew {

std::string_view to_string(cause_kind kind) noexcept {
    switch (kind) {
        case cause_kind::completed:
            return "completed";
        case cause_kind::own_timeout:
            return "own_timeout";
        case cause_kind::inherited_deadline:
            return "inherited_deadline";
        case cause_kind::cancelled:
            return "cancelled";
        case cause_kind::shed:
            return "shed";
        case cause_kind::breaker_open:
            return "breaker_open";
        case cause_kind::shutdown:
            return "shutdown";
        case cause_kind::rejected:
            return "rejected";
        case cause_kind::failed:
            return "failed";
    }
    return "completed";
}

std::string_view to_string(shed_reason reason) noexcept {
    switch (reason) {
        case shed_reason::none:
            return "none";
        case shed_reason::queue_full:
            return "queue_full";
        case shed_reason::queue_timeout:
            return "queue_timeout";
        case shed_reason::in_flight:
            return "in_flight";
        case shed_reason::route_share:
            return "route_share";
        case shed_reason::abandoned:
            return "abandoned";
        case shed_reason::upstream_down:
            return "upstream_down";
        case shed_reason::no_time_left:
            return "no_time_left";
        case shed_reason::memory:
            return "memory";
        case shed_reason::rate:
            return "rate";
    }
    return "none";
}

std::string_view to_string(outcome result) noexcept {
    switch (result) {
        case outcome::success:
            return "success";
        case outcome::failure:
            return "failure";
        case outcome::timeout:
            return "timeout";
        case outcome::cancelled:
            return "cancelled";
        case outcome::ignored:
            return "ignored";
    }
    return "ignored";
}

}  // namespace curfew
