#include "history_span.hpp"

namespace curfew::report {
namespace {

constexpr ledger::minute hour_of(ledger::minute at) noexcept {
    return at / 60;
}

}  // namespace

void history_span::see(ledger::minute at, std::size_t slot) {
    seen& here = slots_[slot];
    here.first = here.any ? here.first : at;
    here.last = at;
    here.any = true;
    here.hours += hour_of(at) != last_hour_ ? 1 : 0;
    last_hour_ = hour_of(at);
}

seen_history history_span::since(std::size_t slot) const {
    seen_history made;
    ledger::minute first = -1;
    for (; slot < slots_.size(); ++slot) {
        const seen& each = slots_[slot];
        if (!each.any) {
            continue;
        }
        first = first < 0 ? each.first : first;
        made.length = std::chrono::minutes{each.last + 1 - first};
        made.clock_hours = static_cast<unsigned>(hour_of(each.last) - hour_of(first) + 1);
        made.hours_with_calls += each.hours;
    }
    return made;
}

}  // namespace curfew::report
