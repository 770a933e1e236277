#include <curfew/alerts/sample.hpp>

namespace curfew::alerts {

sample sample_of(const event& what, bool near_miss) noexcept {
    sample made;
    made.where = what.where;
    made.name = what.name;
    made.ended = what.ended;
    made.refused = what.why.kind == cause_kind::shed || what.why.kind == cause_kind::breaker_open;
    made.near_miss = near_miss;
    made.took = what.took;
    made.at = add_saturated(what.started, what.took);
    return made;
}

}  // namespace curfew::alerts
