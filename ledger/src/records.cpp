#include <curfew/ledger/ledger.hpp>
#include <curfew/ledger/records.hpp>

namespace curfew::ledger {

std::string_view to_string(fate what) noexcept {
    static constexpr std::array<std::string_view, fate_count> names{
        "recorded",          "row_kept",          "row_sampled_out",
        "row_dropped",       "figures_dropped",   "ring_full_success",
        "ring_full_failure", "ring_full_timeout", "ring_full_cancelled",
        "ring_full_ignored", "text_cut",          "rows_expired",
        "minutes_expired",   "rows_trimmed",      "minutes_trimmed",
        "spool_merged",      "spool_torn",        "spool_foreign",
        "clock_stepped",
    };
    return names[static_cast<std::size_t>(what)];
}

std::string_view to_string(status::condition what) noexcept {
    switch (what) {
        case status::condition::opening:
            return "opening";
        case status::condition::storing:
            return "storing";
        case status::condition::failing:
            return "failing";
        case status::condition::stopped:
            return "stopped";
    }
    return "opening";
}

}  // namespace curfew::ledger
