#include "demo_result.hpp"
#include "page_plots.hpp"
#include <curfew/load/figures.hpp>
#include <curfew/load/page_style.hpp>

#include <algorithm>

namespace curfew::demo {
namespace {

using load::count_figure;
using load::escape_markup;

std::string element(const std::string& tag, const std::string& content) {
    return "<" + tag + ">" + content + "</" + tag.substr(0, tag.find(' ')) + ">";
}

// A number stays on one line with its unit.
std::string prose(std::string_view text) {
    std::string out;
    bool number = false;
    for (const char c : escape_markup(text)) {
        if (c == ' ' && number) {
            out += "&nbsp;";
        } else {
            out += c;
        }
        number = c >= '0' && c <= '9';
    }
    return out;
}

std::string run_name(const std::string& run) {
    return stroke(run) + (run == "curfew" ? "Curfew" : run);
}

std::string lower(std::string_view word) {
    std::string text{word};
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

std::string sentence(const demo_result& of) {
    const auto held = std::ranges::count_if(of.claims, &claim::holds);
    switch (of.conclusion()) {
        case verdict::pass:
            return "Everything that is claimed below was seen in this run.";
        case verdict::fail:
            return std::to_string(held) + " of " + std::to_string(of.claims.size()) +
                   " claims were seen in this run; the others were not.";
        case verdict::invalid:
            return "The generator could not keep up with its own schedule, so these figures say "
                   "nothing about the backend.";
        case verdict::void_:
            return "A fault that was asked for did not happen, so this run shows nothing.";
    }
    return {};
}

std::string whole_seconds(duration value) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(value).count());
}

std::string head(const demo_result& of) {
    const auto word = std::string{to_string(of.conclusion())};
    const auto& at = of.plan.times;
    return "<header class=\"" + lower(word) + "\"><p class=\"verdict\"><b>" + word + "</b> " +
           sentence(of) + "</p>\n<h1>One hung dependency, with and without Curfew</h1>\n" +
           "<p>The same backend twice, under the same load and the same faults: " +
           run_name("direct") + ", and behind " + run_name("curfew") +
           " with its default limits. From second " + whole_seconds(at.hang_on) + " to " +
           whole_seconds(at.hang_off) +
           " a dependency hangs that only one of three operations needs; at second " +
           whole_seconds(at.crash) + " the backend crashes.</p></header>\n";
}

std::string claims(const demo_result& of) {
    std::string out = "<ul class=\"claims\">\n";
    for (const auto& made : of.claims) {
        out += std::string{"<li class=\""} + (made.holds ? "pass" : "fail") + "\"><b>" +
               (made.holds ? "PASS" : "FAIL") + "</b> " + prose(made.text) +
               element("p class=\"note\"", prose(made.measured)) + "</li>\n";
    }
    return out + "</ul>\n";
}

std::string success_cell(const arm_result& run, std::uint32_t operation) {
    const auto all = run.recorder->of(operation, 0, run.recorder->phases().size());
    const auto refused = all.count(load::ending::refused);
    return load::share_figure(all.success_share()) +
           element(
               "small",
               count_figure(all.count(load::ending::success)) + " of " + count_figure(all.count()) +
                   (refused == 0 ? "" : "<br>" + count_figure(refused) + " refused")
           );
}

// What a reader with ten seconds takes along.
std::string summary(const demo_result& of) {
    const auto runs = element("th scope=\"col\"", run_name("direct")) +
                      element("th scope=\"col\"", run_name("curfew"));
    std::string out =
        "<table class=\"summary\"><caption>In short</caption><thead><tr><td></td>"
        "<th colspan=\"2\" scope=\"colgroup\">success</th>"
        "<th colspan=\"2\" scope=\"colgroup\">longest outage</th></tr><tr><td></td>" +
        runs + runs + "</tr></thead><tbody>\n";
    const auto rows = table_of(of);
    for (std::uint32_t i = 0; i < of.plan.operations.size(); ++i) {
        const auto name = escape_markup(of.plan.operations[i].name);
        out += "<tr><th scope=\"row\"><a href=\"#" + name + "\">" + name + "</a></th>" +
               element("td", success_cell(of.direct, i)) +
               element("td", success_cell(of.curfew, i)) +
               element("td", escape_markup(rows[2 * i].outage)) +
               element("td", escape_markup(rows[2 * i + 1].outage)) + "</tr>\n";
    }
    return out + "</tbody></table>\n";
}

// The text's table with its columns as lines: two runs beside each other fit a phone.
std::string figures(const table_row& direct, const table_row& curfew) {
    std::string out = "<table><thead><tr><td></td>" +
                      element("th scope=\"col\"", run_name("direct")) +
                      element("th scope=\"col\"", run_name("curfew")) + "</tr></thead><tbody>\n";
    const auto left = cells_of(direct);
    const auto right = cells_of(curfew);
    constexpr std::size_t names = 2;  // of operation and run
    for (std::size_t i = names; i < left.size(); ++i) {
        out += "<tr>" + element("th scope=\"row\"", std::string{column_names[i]}) +
               element("td", escape_markup(left[i])) + element("td", escape_markup(right[i])) +
               "</tr>\n";
    }
    return out + "</tbody></table>\n";
}

std::string operations(const demo_result& of) {
    std::string out;
    const auto rows = table_of(of);
    for (std::uint32_t i = 0; i < of.plan.operations.size(); ++i) {
        const auto& kind = of.plan.operations[i];
        out += "<section id=\"" + escape_markup(kind.name) + "\">" +
               element(
                   "h2",
                   escape_markup(kind.name) + " " +
                       element("code", escape_markup(kind.method + " " + kind.target))
               ) +
               "<div class=\"evidence\">" + figures(rows[2 * i], rows[2 * i + 1]) +
               plots_of(of, i) + "</div></section>\n";
    }
    return out;
}

std::string method(const demo_result& of) {
    const auto seed = std::to_string(of.seed);
    std::string out = "<section class=\"method\">" + element("h2", "How it was measured") + "<dl>";
    const auto entry = [&](const char* term, const std::string& meaning) {
        out += element("dt", term) + element("dd", meaning) + "\n";
    };
    entry(
        "load",
        "Open loop: " + count_figure(of.plan.plan.size()) +
            " requests in each run, their times fixed beforehand (Poisson, 160 a second, seed " +
            seed + ") and the same in both. A client gives up after 5 s."
    );
    entry("times", "Counted from when a request was due, not from when it could be sent.");
    entry(
        "P50 to P99",
        "Of answers and time-outs, the latter when given up, so that &gt;= 5.00 s is a lower "
        "bound. Refusals (429, 503) and failures are counted apart."
    );
    entry("outage", "The longest time without a success within 1 s.");
    entry(
        "after hang, after crash",
        "Until 2 s began in which 99 % succeeded within 1 s. The crashed backend was started again "
        "after 5 s by hand in the direct run, by Curfew in the other."
    );
    for (const auto* run : {&of.direct, &of.curfew}) {
        entry(("faults, " + run->name).c_str(), prose(fault_sentence(*run)));
        entry(("generator, " + run->name).c_str(), prose(generator_sentence(*run)));
    }
    entry("once more", element("code", "curfew demo --seed " + seed + " --report FILE"));
    return out + "</dl></section>\n";
}

}  // namespace

std::string write_page(const demo_result& of) {
    std::string page =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<meta name=\"color-scheme\" content=\"light dark\"><title>" +
        std::string{to_string(of.conclusion())} +
        ": one hung dependency, with and without Curfew</title><style>";
    page += load::page_style;
    return page + "</style></head><body>\n" + head(of) + claims(of) + summary(of) + operations(of) +
           method(of) + "</body></html>\n";
}

}  // namespace curfew::demo
