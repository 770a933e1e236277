#include "monitor_figures.hpp"

#include <algorithm>

namespace curfew::cli {

std::string_view to_string(probe_stage which) noexcept {
    constexpr std::array<std::string_view, probe_stages> names{"connect", "initialize", "query"};
    return names[static_cast<std::size_t>(which)];
}

monitor_figures::monitor_figures(duration length)
    : each_{std::max(length / static_cast<int>(slots_most), duration{1})} {}

void monitor_figures::add(const probe_result& what) {
    const auto at = std::min(
        static_cast<std::size_t>(std::max(what.due, duration::zero()) / each_), slots_most - 1
    );
    while (slots_.size() <= at) {
        const auto begins = each_ * static_cast<int>(slots_.size());
        slots_.emplace_back().begins = begins;
    }
    slot& in = slots_[at];
    ++in.probes;
    const bool good = what.started && what.ended == outcome::success;
    in.bad += good ? 0 : 1;
    if (!what.started) {
        ++not_started_;
        return;
    }
    ++started_;
    for (std::size_t each = 0; each < std::min(what.completed, probe_stages); ++each) {
        took_[each].record(what.took[each]);
    }
    if (good) {
        ++succeeded_;
        in.took.record(
            what.took[static_cast<std::size_t>(probe_stage::initialize)] +
            what.took[static_cast<std::size_t>(probe_stage::query)]
        );
        return;
    }
    ++(what.ended == outcome::timeout ? timed_out_ : failed_);
    const bool known = complaints_.contains(what.wrong);
    auto& mine = complaints_[known || complaints_.size() < complaints_most ? what.wrong : "other"];
    ++mine.count;
    mine.last = what.behind;
}

double monitor_figures::bad_share() const noexcept {
    const auto due = started_ + not_started_;
    return due == 0 ? 0 : static_cast<double>(due - succeeded_) / static_cast<double>(due);
}

std::string_view to_string(monitor_verdict which) noexcept {
    return which == monitor_verdict::pass   ? "PASS"
           : which == monitor_verdict::fail ? "FAIL"
                                            : "VOID";
}

int exit_code_of(monitor_verdict which) noexcept {
    constexpr int nothing_was_tested = 4;
    return which == monitor_verdict::pass   ? 0
           : which == monitor_verdict::fail ? 1
                                            : nothing_was_tested;
}

monitor_verdict judge(const monitor_figures& of, double allowed) noexcept {
    if (of.started() == 0) return monitor_verdict::none;
    return of.bad_share() > allowed ? monitor_verdict::fail : monitor_verdict::pass;
}

}  // namespace curfew::cli
