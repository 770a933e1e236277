#include "claims.hpp"

#include <curfew/load/figures.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace curfew::demo {
namespace {

using load::count_figure;
using load::ending;
using load::share_figure;
using load::time_figure;

constexpr double all_but_few = 0.99;
constexpr double healthy_share = 0.999;
constexpr duration healthy_p95 = std::chrono::milliseconds{200};
constexpr duration refusal_limit = std::chrono::milliseconds{50};

/// The samples of one operation that were due in [from, to), since the start.
std::vector<load::sample> due_in(
    const arm_result& run, std::uint32_t operation, duration from, duration to
) {
    std::vector<load::sample> found;
    std::ranges::copy_if(run.samples, std::back_inserter(found), [&](const load::sample& s) {
        const auto due = s.at.due - run.start;
        return s.operation == operation && due >= from && due < to;
    });
    return found;
}

std::size_t count(const std::vector<load::sample>& among, ending how) {
    return static_cast<std::size_t>(std::ranges::count(among, how, [](const load::sample& s) {
        return load::ending_of(s.error);
    }));
}

double share(std::size_t part, std::size_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// The order statistic of rank ceil(q n): exact, all samples are there.
duration quantile(const std::vector<load::sample>& of, double q) {
    std::vector<duration> times;
    std::ranges::transform(of, std::back_inserter(times), [](const load::sample& s) {
        return s.at.response();
    });
    if (times.empty()) {
        return duration::max();
    }
    std::ranges::sort(times);
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(times.size())));
    return times[std::max<std::size_t>(rank, 1) - 1];
}

/// Only requests whose whole patience lay inside the hang count: one that was due a second before
/// its end may yet be answered, late.
claim direct_times_out(const scenario& plan, const arm_result& run) {
    claim made{
        "direct_times_out",
        "direct: while the dependency hangs, every route times out",
        true,
        "of the requests whose 5 s of patience lay inside the hang, time-outs:"
    };
    const auto from = run.at.hang_on + plan.times.workers_fill;
    const auto to = run.at.hang_off - plan.times.patience;
    for (std::uint32_t i = 0; i < plan.operations.size(); ++i) {
        const auto among = due_in(run, i, from, to);
        const auto lost = count(among, ending::timed_out);
        made.holds = made.holds && share(lost, among.size()) >= all_but_few;
        made.measured += (i == 0 ? " " : ", ") + plan.operations[i].name + " " +
                         count_figure(lost) + " of " + count_figure(among.size());
    }
    return made;
}

claim others_stay_healthy(const scenario& plan, const arm_result& run) {
    claim made{
        "others_stay_healthy",
        "Curfew: routes that do not need it keep >= 99.9 % success and P95 < 200 ms",
        true,
        ""
    };
    for (const auto i : {scenario::login, scenario::listings}) {
        const auto among = due_in(run, i, run.at.hang_on, run.at.hang_off);
        const auto good = share(count(among, ending::success), among.size());
        const auto p95 = quantile(among, 0.95);
        made.holds = made.holds && good >= healthy_share && p95 < healthy_p95;
        made.measured += made.measured.empty() ? "" : "; ";
        made.measured += plan.operations[i].name + " " + share_figure(good) + " of " +
                         count_figure(among.size()) +
                         (among.empty() ? "" : ", P95 " + time_figure(p95));
    }
    return made;
}

std::optional<duration> breaker_opened(const arm_result& run) {
    std::optional<duration> first;
    for (const auto& s : run.samples) {
        if (s.breaker_open && s.operation == scenario::recommendations) {
            const auto told = s.at.done - run.start;
            first = first ? std::min(*first, told) : told;
        }
    }
    return first;
}

claim hung_route_is_refused(const arm_result& run) {
    claim made{
        "hung_route_is_refused",
        "Curfew: once its breaker is open, the hung route is refused in < 50 ms",
        false,
        ""
    };
    const auto opened = breaker_opened(run);
    if (!opened || *opened >= run.at.hang_off) {
        made.measured = "no refusal by an open breaker during the hang";
        return made;
    }
    const auto among = due_in(run, scenario::recommendations, *opened, run.at.hang_off);
    const auto quick = static_cast<std::size_t>(std::ranges::count_if(among, [](const auto& s) {
        return load::ending_of(s.error) == ending::refused && s.at.response() < refusal_limit;
    }));
    made.holds = share(quick, among.size()) >= all_but_few;
    made.measured = count_figure(quick) + " of " + count_figure(among.size());
    if (!among.empty()) {
        made.measured += ", P95 " + time_figure(quantile(among, 0.95)) + ", slowest " +
                         time_figure(quantile(among, 1.0)) + "; open " +
                         time_figure(*opened - run.at.hang_on) + " after the hang began";
    }
    return made;
}

}  // namespace

std::vector<claim> judge_claims(
    const scenario& plan, const arm_result& direct, const arm_result& curfew
) {
    return {
        direct_times_out(plan, direct),
        others_stay_healthy(plan, curfew),
        hung_route_is_refused(curfew),
    };
}

}  // namespace curfew::demo
