#include "demo_result.hpp"
#include <curfew/load/chart.hpp>
#include <curfew/load/figures.hpp>

namespace curfew::demo {
namespace {

using load::escape_markup;

constexpr std::string_view style = R"(
:root{--ink:#1b1f24;--soft:#5b6570;--ground:#fff;--panel:#f5f6f8;--rule:#d9dde2;--fault:#f3d9b1;
--direct:#c2410c;--curfew:#1d4ed8;--good:#15803d;--bad:#b91c1c}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#9aa4af;--ground:#14171b;
--panel:#1d2126;--rule:#343a42;--fault:#4a3a1e;--direct:#fb923c;--curfew:#7aa2ff;--good:#4ade80;
--bad:#f87171}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1080px;padding:1rem;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.15rem;margin:1.6rem 0 .4rem}
h3{font-size:1rem;margin:.2rem 0;font-weight:600}
p{margin:.4rem 0}.soft{color:var(--soft);font-size:.875rem}
.claim{border-left:4px solid var(--good);background:var(--panel);padding:.5rem .8rem;margin:.5rem 0}
.claim.fails{border-color:var(--bad)}.claim b{color:var(--good)}.claim.fails b{color:var(--bad)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;white-space:nowrap;width:100%}
th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid var(--rule)}
th{font-weight:600;color:var(--soft);font-size:.8125rem}
th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}
.run-direct{color:var(--direct)}.run-curfew{color:var(--curfew)}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));gap:1rem}
.plots>div{background:var(--panel);padding:.6rem;min-width:0}
svg.plot{width:100%;height:auto;display:block}
.grid{stroke:var(--rule);stroke-width:1}.tick{fill:var(--soft);font-size:11px}
.band{fill:var(--fault)}.band-name{fill:var(--soft);font-size:11px}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.direct{stroke:var(--direct)}.curfew{stroke:var(--curfew)}.thin{stroke-width:1;stroke-dasharray:4 3}
)";

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

double seconds(duration value) {
    return std::chrono::duration<double>{value}.count();
}

std::vector<load::chart_band> bands(const demo_result& of) {
    const auto& at = of.direct.at;
    return {
        {seconds(at.hang_on), seconds(at.hang_off), "dependency hangs"},
        {seconds(at.crash), seconds(of.plan.times.restart), "crash"},
    };
}

std::string success_chart(const demo_result& of, std::uint32_t operation) {
    const auto successes = [](const load::time_slot& slot) -> std::optional<double> {
        return static_cast<double>(slot.good);
    };
    load::chart plot{
        .title = "successes within 1 s, each second",
        .unit = "successes/s",
        .lines = {},
        .bands = bands(of)
    };
    for (const auto* run : {&of.direct, &of.curfew}) {
        plot.lines.push_back(line_of(*run, operation, run->name, run->name, successes));
        for (const auto& value : plot.lines.back().values) {
            plot.highest = std::max(plot.highest, value.value_or(0) * 1.1);
        }
    }
    return load::draw(plot);
}

std::string latency_chart(const demo_result& of, std::uint32_t operation) {
    const auto quantile = [](double q) {
        return [q](const load::time_slot& slot) -> std::optional<double> {
            return slot.waited.count() == 0
                       ? std::nullopt
                       : std::optional{seconds(slot.waited.quantile(q)) * 1000};
        };
    };
    load::chart plot{
        .title = "response time, P50 and P95 of each second",
        .unit = "ms",
        .logarithmic = true,
        .lowest = 0.1,
        .highest = 10'000,
        .lines = {},
        .bands = bands(of)
    };
    for (const auto* run : {&of.direct, &of.curfew}) {
        plot.lines.push_back(line_of(*run, operation, run->name + " P95", run->name, quantile(0.95))
        );
        plot.lines.push_back(
            line_of(*run, operation, run->name + " P50", run->name + " thin", quantile(0.50))
        );
    }
    return load::draw(plot);
}

std::string table(const demo_result& of) {
    std::string out = "<div class=\"scroll\"><table><thead><tr>";
    for (const auto name : column_names) {
        out += "<th>" + std::string{name} + "</th>";
    }
    out += "</tr></thead><tbody>\n";
    for (const auto& row : table_of(of)) {
        out += "<tr class=\"run-" + row.run + "\">";
        for (const auto cell : cells_of(row)) {
            out += "<td>" + escape_markup(cell) + "</td>";
        }
        out += "</tr>\n";
    }
    return out + "</tbody></table></div>\n";
}

std::string claims(const demo_result& of) {
    std::string out;
    for (const auto& made : of.claims) {
        out += made.holds ? "<div class=\"claim\"><b>PASS</b> "
                          : "<div class=\"claim fails\"><b>FAIL</b> ";
        out += escape_markup(made.text) + "<br><span class=\"soft\">" +
               escape_markup(made.measured) + "</span></div>\n";
    }
    return out;
}

std::string plots(const demo_result& of) {
    std::string out;
    for (std::uint32_t i = 0; i < of.plan.operations.size(); ++i) {
        const auto& kind = of.plan.operations[i];
        out +=
            "<h2>" + escape_markup(kind.method + " " + kind.target) + "</h2><div class=\"plots\">";
        out += "<div><h3>Successes within 1 s, each second</h3>" + success_chart(of, i) + "</div>";
        out += "<div><h3>Response time, P95 (dashed: P50)</h3>" + latency_chart(of, i) + "</div>";
        out += "</div>\n";
    }
    return out;
}

std::string method(const demo_result& of) {
    std::string out =
        "<h2>How it was measured</h2><p class=\"soft\">Open loop: " +
        load::count_figure(of.plan.plan.size()) +
        " requests in each run, their times fixed beforehand (Poisson, 160 a second, "
        "seed " +
        std::to_string(of.seed) +
        ") and the same in both. Times count from when a request was due; a client "
        "gives up after 5 s. P50 to P99 are of answers and time-outs, the latter when "
        "given up; refusals (429, 503) and failures are counted apart. Outage: the longest time "
        "without a success within 1 s; after hang and crash: until 2 s began in which 99 % "
        "succeeded within 1 s. The crashed "
        "shop was started again after 5 s by hand in the direct run, by Curfew in the "
        "other. Curfew ran with its default limits.</p>";
    for (const auto* run : {&of.direct, &of.curfew}) {
        out += "<p class=\"soft\">Generator, " + run->name + ": " +
               escape_markup(generator_sentence(*run)) + "</p>";
    }
    return out;
}

}  // namespace

std::string write_page(const demo_result& of) {
    std::string page =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<title>Curfew demo</title><style>";
    page += style;
    page += "</style></head><body>\n<h1>One hung dependency, with and without Curfew: " +
            std::string{to_string(of.conclusion())} + "</h1>\n";
    page +=
        "<p>The same load and the same faults, <span class=\"run-direct\">direct</span> and "
        "<span class=\"run-curfew\">through Curfew</span>.</p>\n";
    return page + claims(of) + table(of) + plots(of) + method(of) + "</body></html>\n";
}

}  // namespace curfew::demo
