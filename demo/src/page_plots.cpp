#include "page_plots.hpp"

#include <curfew/load/chart.hpp>

#include <algorithm>
#include <optional>

namespace curfew::demo {
namespace {

using load::time_slot;

double seconds(duration value) {
    return std::chrono::duration<double>{value}.count();
}

std::string time_tick(double milliseconds) {
    return milliseconds < 1000 ? load::plain_tick(milliseconds) + " ms"
                               : load::plain_tick(milliseconds / 1000) + " s";
}

template <class F>
load::chart_line line_of(
    const arm_result& run, std::uint32_t operation, std::string name, std::string look, F&& value
) {
    load::chart_line line{std::move(name), std::move(look), {}};
    for (const auto& slot : run.recorder->time_line(operation)) {
        line.values.push_back(value(slot));
    }
    return line;
}

std::optional<double> successes(const time_slot& slot) {
    return static_cast<double>(slot.good);
}

// A second in which all is well says nothing: the line is there where something was refused.
std::optional<double> refusals(const time_slot& slot) {
    const auto count = slot.ended[static_cast<std::size_t>(load::ending::refused)];
    return count == 0 ? std::nullopt : std::optional{static_cast<double>(count)};
}

std::optional<double> wait_p95(const time_slot& slot) {
    if (slot.waited.count() == 0) return std::nullopt;
    return seconds(slot.waited.quantile(0.95)) * 1000;
}

std::vector<load::chart_band> faults(const demo_result& of) {
    const auto& at = of.direct.at;
    return {
        {seconds(at.hang_on), seconds(at.hang_off), "dependency hangs"},
        {seconds(at.crash), seconds(of.plan.times.restart), "crash"},
    };
}

bool has_points(const load::chart_line& line) {
    return std::ranges::any_of(line.values, [](const auto& value) { return value.has_value(); });
}

load::chart success_chart(const demo_result& of, std::uint32_t operation) {
    load::chart plot{
        .title = of.plan.operations[operation].name + ": successes within 1 s, in each second",
        .lines = {},
        .bands = faults(of)
    };
    // Where both runs do the same, the dashed line lies on the solid one and both are seen.
    plot.lines.push_back(line_of(of.curfew, operation, "Curfew", "curfew", successes));
    plot.lines.push_back(line_of(of.direct, operation, "direct", "direct", successes));
    auto refused = line_of(of.curfew, operation, "Curfew, refused", "refused", refusals);
    if (has_points(refused)) {
        plot.lines.push_back(std::move(refused));
    }
    for (const auto& line : plot.lines) {
        for (const auto& value : line.values) {
            plot.highest = std::max(plot.highest, value.value_or(0) * 1.1);
        }
    }
    return plot;
}

load::chart wait_chart(const demo_result& of, std::uint32_t operation) {
    return {
        .title = of.plan.operations[operation].name + ": response time, P95 of each second",
        .tick = time_tick,
        .logarithmic = true,
        .lowest = 0.1,
        .highest = 10'000,
        .lines =
            {line_of(of.curfew, operation, "Curfew", "curfew", wait_p95),
             line_of(of.direct, operation, "direct", "direct", wait_p95)},
        .bands = faults(of),
        .levels = {{seconds(of.plan.times.patience) * 1000, "the client gives up"}},
    };
}

std::string figure(const std::string& caption, const load::chart& plot, const std::string& note) {
    std::string out = "<figure><figcaption>" + caption + "</figcaption><p class=\"key\">";
    for (const auto& line : plot.lines) {
        out += "<span>" + stroke(line.style) + line.name + "</span> ";
    }
    return out + "</p>" + load::draw(plot) + note + "</figure>\n";
}

}  // namespace

std::string stroke(std::string_view look) {
    return R"(<svg class="stroke" viewBox="0 0 34 10" aria-hidden="true"><path class="line )" +
           std::string{look} + R"(" d="M2 5H32"/></svg>)";
}

std::string plots_of(const demo_result& of, std::uint32_t operation) {
    const auto success = success_chart(of, operation);
    const bool refused = success.lines.size() > 2;
    return figure("Successes within 1 s, in each second", success, "") +
           figure(
               "Response time, P95 of each second",
               wait_chart(of, operation),
               refused ? "<p class=\"note\">No line where every request was refused: a fast no is "
                         "not a response time.</p>"
                       : ""
           );
}

}  // namespace curfew::demo
