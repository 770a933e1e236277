#include "bypass_record.hpp"
#include "page_parts.hpp"
#include "words.hpp"
#include <curfew/core/rfc3339.hpp>
#include <curfew/load/chart.hpp>
#include <curfew/load/figures.hpp>
#include <curfew/load/page_style.hpp>
#include <curfew/report/summary.hpp>

#include <algorithm>

namespace curfew::report {
namespace {

using load::count_figure;
using load::escape_markup;
using load::share_figure;
using load::time_figure;

constexpr std::size_t shown = 20;

std::string day_text(ledger::wall_time at) {
    return rfc3339(at).substr(0, 16) + 'Z';
}

std::string head(const summary& of) {
    std::string out =
        "<header><h1>What was recorded</h1><p>From " + day_text(of.when.from) + " to " +
        day_text(of.when.to) + ", ledger <code>" + escape_markup(of.path) +
        "</code>. Every operation is counted; nothing in these figures is sampled.</p>";
    table all{
        {"operations", "success", "timed out", "failed", "refused", "cancelled", "near misses"}
    };
    all.add(
        {count_figure(of.count()),
         count_figure(of.count(outcome::success)),
         count_figure(of.count(outcome::timeout)),
         count_figure(of.count(outcome::failure)),
         count_figure(of.count(outcome::ignored)),
         count_figure(of.count(outcome::cancelled)),
         count_figure(of.near_misses())}
    );
    return out + all.markup() + "</header>\n";
}

std::string time_tick(double seconds) {
    constexpr double hour = 3600;
    if (seconds < 2 * hour) {
        return load::plain_tick(seconds / 60) + " min";
    }
    return seconds < 72 * hour ? load::plain_tick(seconds / hour) + " h"
                               : load::plain_tick(seconds / (24 * hour)) + " d";
}

/// One line over the slots; a second one beside it, dashed, where it ever was not zero.
template <class First, class Second>
std::string plot(
    const summary& of,
    const std::string& title,
    const char* first_name,
    First&& first,
    const char* second_name,
    Second&& second
) {
    load::chart made{.title = title, .lines = {}, .bands = {}};
    made.time = time_tick;
    made.step_seconds = std::chrono::duration<double>(of.slot_length).count();
    load::chart_line one{first_name, "curfew", {}};
    load::chart_line two{second_name, "direct", {}};
    for (const slot& each : of.slots) {
        one.values.emplace_back(static_cast<double>(first(each)));
        two.values.emplace_back(static_cast<double>(second(each)));
        made.highest = std::max({made.highest, *one.values.back() * 1.1, *two.values.back() * 1.1});
    }
    made.lines = {std::move(one), std::move(two)};
    for (const auto& each : of.marks) {
        const double at = std::chrono::duration<double>(each.at - of.when.from).count();
        made.bands.push_back({at, at, each.text});
    }
    for (const auto& each : of.policy.reloads) {
        const double at = std::chrono::duration<double>(each.at - of.when.from).count();
        if (each.is_change()) {
            made.bands.push_back({at, at, "policy reloaded"});
        }
    }
    std::string key;
    for (const auto& each : made.lines) {
        key += R"(<span><svg class="stroke" viewBox="0 0 34 10" aria-hidden="true">)"
               R"(<path class="line )" +
               each.style + R"(" d="M2 5H32"/></svg>)" + each.name + "</span> ";
    }
    return "<figure><figcaption>" + title + "</figcaption><p class=\"key\">" + key + "</p>" +
           load::draw(made) + "</figure>\n";
}

std::string plots(const summary& of) {
    const std::string each = "in each " + time_figure(of.slot_length);
    return "<section class=\"evidence\">" +
           plot(
               of,
               "Operations, " + each,
               "ended",
               [](const slot& s) { return s.ended; },
               "refused",
               [](const slot& s) { return s.refused; }
           ) +
           plot(
               of,
               "Timed out and failed, " + each,
               "timed out",
               [](const slot& s) { return s.timed_out; },
               "failed",
               [](const slot& s) { return s.failed; }
           ) +
           "</section>\n";
}

std::string endings(const std::string& title, const std::vector<ending>& all) {
    if (all.empty()) {
        return "";
    }
    table made{{"operation", "cause", "limit", "count", "example"}};
    for (std::size_t i = 0; i < std::min(all.size(), shown); ++i) {
        const auto& what = all[i].what;
        made.add(
            {clean(what.name),
             cause_text(what),
             what.limit_name,
             count_figure(all[i].count),
             all[i].trace_id}
        );
    }
    return section(title, made.markup() + left_out(all.size(), shown));
}

std::string near(const summary& of) {
    if (of.near.empty()) {
        return "";
    }
    table made{{"operation", "took", "limit", "share", "example"}};
    for (const auto& each : of.near) {
        const auto trace = format_trace(each.what.trace);
        made.add(
            {clean(each.what.what.name),
             time_figure(each.what.took),
             time_figure(each.what.limit),
             share_figure(std::min(each.share, 9.99)),
             {trace.data(), trace.size()}}
        );
    }
    return section("Near misses: over 80 % of a limit", made.markup());
}

std::string quantiles(const summary& of) {
    table made{{"operation", "count", "success", "timed out", "P50", "P90", "P99", "longest"}};
    for (std::size_t i = 0; i < std::min(of.operations.size(), shown); ++i) {
        const auto& each = of.operations[i];
        made.add(
            {clean(each.name),
             count_figure(each.count()),
             share_figure(
                 static_cast<double>(each.count(outcome::success)) /
                 static_cast<double>(std::max<std::uint64_t>(each.count(), 1))
             ),
             count_figure(each.count(outcome::timeout)),
             time_figure(each.took.quantile(0.5)),
             time_figure(each.took.quantile(0.9)),
             time_figure(each.took.quantile(0.99)),
             time_figure(each.took.max())}
        );
    }
    return section(
        "How long they took",
        "<p class=\"note\">Of those that ran to their end: of what was cut off only a lower bound "
        "is "
        "known.</p>" +
            made.markup() + left_out(of.operations.size(), shown)
    );
}

std::string accounts(const summary& of) {
    std::string rows;
    for (std::size_t i = 0; i < std::min(of.operations.size(), shown); ++i) {
        const auto& each = of.operations[i];
        rows += "<dt>" + escape_markup(clean(each.name)) + "</dt><dd>" + account_stack(each.spent) +
                "</dd>\n";
    }
    return section("Where the time went", stage_key(of) + "<dl class=\"bars\">" + rows + "</dl>");
}

std::string compared(const comparison& of) {
    if (!of.before) {
        return "";
    }
    table made{{"operation", "count", "before", "P50", "before", "P99", "before"}};
    for (std::size_t i = 0; i < std::min(of.now.operations.size(), shown); ++i) {
        const auto& now = of.now.operations[i];
        const auto& all = of.before->operations;
        const auto found = std::ranges::find_if(all, [&](const auto& other) {
            return other.where == now.where && other.name == now.name;
        });
        const bool known = found != all.end();
        const auto at = [&](double q) {
            return known ? time_figure(found->took.quantile(q)) : "-";
        };
        made.add(
            {clean(now.name),
             count_figure(now.count()),
             known ? count_figure(found->count()) : "-",
             time_figure(now.took.quantile(0.5)),
             at(0.5),
             time_figure(now.took.quantile(0.99)),
             at(0.99)}
        );
    }
    return section(
        "Compared with " + day_text(of.before->when.from) + " to " + day_text(of.before->when.to),
        made.markup()
    );
}

std::string backend(const summary& of) {
    std::string rows;
    for (const auto& each : of.incidents) {
        std::string said = clean(each.what.name);
        for (const auto& [key, value] : each.attributes) {
            said = key == "said" ? clean(value) : said;
        }
        rows += "<dt>" + rfc3339(each.started) + "</dt><dd>" + escape_markup(said) + "</dd>\n";
    }
    for (const auto& each : of.bypasses) {
        const auto [said, by, until] = bypass_of(each);
        const auto text = clean(said) + "; by " + clean(by) + ", until " + clean(until);
        rows += "<dt>" + rfc3339(each.started) +
                "</dt><dd>start-up validation bypassed: " + escape_markup(text) + "</dd>\n";
    }
    for (const auto& each : of.marks) {
        rows += "<dt>" + rfc3339(each.at) +
                "</dt><dd>deployed: " + escape_markup(clean(each.text)) + "</dd>\n";
    }
    for (const auto& each : of.policy.reloads) {
        rows +=
            "<dt>" + rfc3339(each.at) + "</dt><dd>" + escape_markup(sentence_of(each)) + "</dd>\n";
    }
    for (const auto& each : of.policy.alerts) {
        rows +=
            "<dt>" + rfc3339(each.at) + "</dt><dd>" + escape_markup(sentence_of(each)) + "</dd>\n";
    }
    for (const auto& each : of.backend) {
        rows += "<dt>" + escape_markup(clean(each.what.name)) + "</dt><dd>" +
                count_figure(each.count) + " times</dd>\n";
    }
    return rows.empty()
               ? ""
               : section("The backend, the policy, alerts and deploys", "<dl>" + rows + "</dl>");
}

std::string ground(const summary& of) {
    std::string rows;
    for (std::size_t i = 0; i < ledger::fate_count; ++i) {
        if (of.became[i] > 0) {
            std::string name{ledger::to_string(static_cast<ledger::fate>(i))};
            std::ranges::replace(name, '_', ' ');
            rows += "<dt>" + name + "</dt><dd>" + count_figure(of.became[i]) + "</dd>\n";
        }
    }
    return section("What these figures are made of", "<dl>" + rows + "</dl>");
}

}  // namespace

std::string to_page(const comparison& of) {
    const summary& now = of.now;
    std::string page =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<meta name=\"color-scheme\" content=\"light dark\"><title>Curfew report</title><style>";
    page += load::page_style;
    page += stack_style;
    page += "</style></head><body>\n" + head(now);
    if (now.count() > 0) {
        page += plots(now) + endings("What timed out", now.timed_out) + near(now) + quantiles(now) +
                accounts(now) + endings("What failed", now.failed) +
                endings("What was refused, by cause", now.refused) +
                endings("What was cancelled: the caller left", now.cancelled);
    }
    return page + compared(of) + backend(now) + ground(now) + "</body></html>\n";
}

}  // namespace curfew::report
