#include "slots.hpp"

#include <algorithm>
#include <array>

namespace curfew::report {
namespace {

constexpr std::array<ledger::minute, 18> usual_lengths{
    1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1'440, 2'880, 4'320, 10'080
};

constexpr ledger::minute floor_to(ledger::minute at, ledger::minute each) noexcept {
    const auto rest = at % each;
    return at - (rest < 0 ? rest + each : rest);
}

}  // namespace

ledger::wall_time slot_plan::begin(std::size_t slot) const noexcept {
    return ledger::begin_of(first + static_cast<ledger::minute>(slot) * each);
}

std::size_t slot_plan::slot_of(ledger::minute at) const noexcept {
    return at < first ? count : static_cast<std::size_t>((at - first) / each);
}

slot_plan plan_slots(const ledger::range& when, ledger::minute least) noexcept {
    const auto from = ledger::minute_of(when.from);
    const auto to = std::max(from + 1, ledger::minute_of(when.to));
    slot_plan made;
    made.each = usual_lengths.back();
    for (const auto length : usual_lengths) {
        // One more than the division gives, since the first slot begins early.
        if (length >= least && (to - from) / length < static_cast<ledger::minute>(slots_most)) {
            made.each = length;
            break;
        }
    }
    made.first = floor_to(from, made.each);
    const auto minutes = to - made.first;
    const auto all = static_cast<std::size_t>((minutes + made.each - 1) / made.each);
    made.count = std::min(all, slots_most);
    return made;
}

}  // namespace curfew::report
