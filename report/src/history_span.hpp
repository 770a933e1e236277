#pragma once

#include <curfew/ledger/records.hpp>
#include <curfew/report/limit_advice.hpp>

#include <cstddef>
#include <vector>

namespace curfew::report {

/// When calls were seen, slot by slot, so that a history can begin at any slot. Minutes come in
/// order, each as often as there are series in it. A few words a slot.
class history_span {
  public:
    explicit history_span(std::size_t slots) : slots_(slots) {}

    void see(ledger::minute at, std::size_t slot);

    /// From a slot on.
    [[nodiscard]] seen_history since(std::size_t slot) const;

  private:
    struct seen {
        bool any = false;
        ledger::minute first = 0;
        ledger::minute last = 0;
        unsigned hours = 0;  ///< that have their first call here
    };

    std::vector<seen> slots_;
    ledger::minute last_hour_ = -1;
};

}  // namespace curfew::report
