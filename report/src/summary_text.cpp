#include "backend_steps.hpp"
#include "bypass_record.hpp"
#include "table_text.hpp"
#include "words.hpp"
#include <curfew/core/rfc3339.hpp>
#include <curfew/load/figures.hpp>
#include <curfew/report/summary.hpp>

#include <algorithm>

namespace curfew::report {
namespace {

using ledger::fate;
using load::count_figure;
using load::share_figure;
using load::time_figure;

constexpr std::size_t shown = 20;

std::string day_text(ledger::wall_time at) {
    return rfc3339(at).substr(0, 16) + 'Z';
}

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string head(const summary& of) {
    std::string text = "operations from " + day_text(of.when.from) + " to " + day_text(of.when.to) +
                       ", ledger " + of.path + "\n  ";
    if (of.count() == 0) {
        return text + "none was recorded in that time\n";
    }
    text += count_figure(of.count()) +
            " operations: " + share_figure(share(of.count(outcome::success), of.count())) +
            " success, " + count_figure(of.count(outcome::timeout)) + " timed out, " +
            count_figure(of.count(outcome::failure)) + " failed, " +
            count_figure(of.count(outcome::ignored)) + " refused or not counted, " +
            count_figure(of.count(outcome::cancelled)) + " cancelled, " +
            count_figure(of.near_misses()) + " near misses\n";
    return text;
}

std::string endings(const std::string& title, const std::vector<ending>& all) {
    if (all.empty()) {
        return "";
    }
    table_text table{{"operation", "cause", "limit", "count", "example"}, 3};
    for (std::size_t i = 0; i < std::min(all.size(), shown); ++i) {
        const auto& what = all[i].what;
        table.add(
            {clean(what.name),
             cause_text(what),
             what.limit_name.empty() ? "-" : what.limit_name,
             count_figure(all[i].count),
             all[i].trace_id.empty() ? "-" : all[i].trace_id}
        );
    }
    return '\n' + title + '\n' + table.text() + more(all.size(), shown);
}

std::string near(const summary& of) {
    if (of.near_misses() == 0) {
        return "";
    }
    table_text table{{"operation", "took", "limit", "share", "example"}, 1};
    for (const auto& each : of.near) {
        const auto trace = format_trace(each.what.trace);
        table.add(
            {clean(each.what.what.name),
             time_figure(each.what.took),
             time_figure(each.what.limit),
             share_figure(std::min(each.share, 9.99)),
             {trace.data(), trace.size()}}
        );
    }
    return "\nnear misses: " + count_figure(of.near_misses()) +
           " took over 80 % of their limit; the nearest that have a row\n" + table.text();
}

std::string quantiles(const summary& of) {
    table_text table{
        {"operation", "count", "success", "timed out", "P50", "P90", "P99", "longest"}, 1
    };
    for (std::size_t i = 0; i < std::min(of.operations.size(), shown); ++i) {
        const auto& each = of.operations[i];
        const bool any = each.took.count() > 0;
        const auto at = [&](double q) { return any ? time_figure(each.took.quantile(q)) : "-"; };
        table.add(
            {clean(each.name),
             count_figure(each.count()),
             share_figure(share(each.count(outcome::success), each.count())),
             count_figure(each.count(outcome::timeout)),
             at(0.5),
             at(0.9),
             at(0.99),
             any ? time_figure(each.took.max()) : "-"}
        );
    }
    return "\nhow long they took (those that ran to their end)\n" + table.text() +
           more(of.operations.size(), shown);
}

std::string accounts(const summary& of) {
    table_text table{{"operation", "in all", "where it went"}, 3};
    for (std::size_t i = 0; i < std::min(of.operations.size(), shown); ++i) {
        const auto& each = of.operations[i];
        double sum = 0;
        for (const auto spent : each.spent) {
            sum += static_cast<double>(spent.count());
        }
        std::string text;
        for (std::size_t s = 0; s < each.spent.size(); ++s) {
            const double part = sum > 0 ? static_cast<double>(each.spent[s].count()) / sum : 0;
            if (part >= 0.005) {
                text += (text.empty() ? "" : ", ") + std::string{to_string(static_cast<stage>(s))};
                text += ' ' + std::to_string(static_cast<int>(part * 100 + 0.5)) + " %";
            }
        }
        table.add({clean(each.name), time_figure(duration{static_cast<duration::rep>(sum)}), text});
    }
    return "\nwhere the time went\n" + table.text() + more(of.operations.size(), shown);
}

std::string backend(const summary& of) {
    std::string text;
    for (const auto& each : of.backend) {
        text += (text.empty() ? "" : ", ") + each.what.name + ' ' + count_figure(each.count);
    }
    std::string out = text.empty() ? "" : "\nthe backend\n  " + text + '\n';
    for (const auto& each : of.incidents) {
        std::string said;
        for (const auto& [key, value] : each.attributes) {
            said = key == "said" ? ": " + clean(value) : said;
        }
        out += "  " + rfc3339(each.started) + ' ' + each.what.name + said + '\n';
    }
    return out;
}

std::string bypasses(const summary& of) {
    std::string out;
    if (of.bypassed > 0) {
        out += "\nbypasses of start-up validation: " + count_figure(of.bypassed) + '\n';
    }
    for (const auto& each : of.bypasses) {
        const auto [said, by, until] = bypass_of(each);
        out += "  " + rfc3339(each.started) + ' ' + clean(said) + "; by " + clean(by) + ", until " +
               clean(until) + '\n';
    }
    return out;
}

std::string start(const summary& of) {
    std::string out = of.starts.empty() ? "" : "\nthe start\n";
    for (const auto& each : of.starts) {
        out += "  " + rfc3339(each.started) + ' ' + clean(each.what.name) + ": " +
               clean(said_of(each)) + '\n';
    }
    return out + bypasses(of);
}

std::string policy(const summary& of) {
    const auto& [reloads, alerts, more_reloads, more_alerts] = of.policy;
    std::string out = reloads.empty() ? "" : "\nthe policy\n";
    out += more_reloads ? "  ... and older reloads\n" : "";
    for (const auto& each : reloads) {
        out += "  " + rfc3339(each.at) + ' ' + sentence_of(each) + '\n';
    }
    out += alerts.empty() ? "" : "\nalerts\n";
    out += more_alerts ? "  ... and older steps\n" : "";
    for (const auto& each : alerts) {
        out += "  " + rfc3339(each.at) + ' ' + sentence_of(each) + '\n';
    }
    return out;
}

/// What is asked for is no operations.
std::optional<std::string> of_steps_alone(const summary& of) {
    const bool rules = of.where == surface::policy;
    const bool starts = of.where == surface::startup;
    if (!rules && !starts && of.where != surface::supervisor) {
        return std::nullopt;
    }
    const std::string told = rules ? policy(of) : starts ? start(of) : backend(of);
    const std::string_view what = rules    ? "reloads and alerts"
                                  : starts ? "steps of the start"
                                           : "steps of the backend";
    return std::string{what} + " from " + day_text(of.when.from) + " to " + day_text(of.when.to) +
           ", ledger " + of.path + '\n' +
           (told.empty() ? "  none was recorded in that time\n" : told);
}

std::string deploys(const summary& of) {
    std::string out;
    for (const auto& each : of.marks) {
        out += "  " + rfc3339(each.at) + ' ' + clean(each.text) + '\n';
    }
    return out.empty() ? "" : "\ndeploys\n" + out;
}

std::uint64_t count(const summary& of, fate what) {
    return of.became[static_cast<std::size_t>(what)];
}

std::string limits_of_this(const summary& of) {
    std::string out = "\nwhat these figures are made of\n";
    out += "  counted: " + count_figure(count(of, fate::recorded)) +
           " (all of them; the backend's steps too)\n";
    out += "  rows: " + count_figure(count(of, fate::row_kept)) + " kept, " +
           count_figure(count(of, fate::row_sampled_out)) + " plain successes sampled out, " +
           count_figure(count(of, fate::row_dropped)) + " dropped\n";
    std::uint64_t lost = count(of, fate::figures_dropped);
    for (auto i = static_cast<std::size_t>(fate::ring_full_success);
         i <= static_cast<std::size_t>(fate::ring_full_ignored);
         ++i) {
        lost += of.became[i];
    }
    out += lost == 0 ? "  lost: none\n"
                     : "  lost: " + count_figure(lost) + ", which no figure here contains\n";
    if (of.covers.first_minute && of.when.from < *of.covers.first_minute) {
        out += "  the ledger begins at " + day_text(*of.covers.first_minute) + '\n';
    }
    std::size_t killed = 0;
    for (const auto& each : of.processes) {
        killed += !each.stopped && each.last_seen + std::chrono::minutes{3} < of.when.to ? 1 : 0;
    }
    out += "  processes: " + std::to_string(of.processes.size());
    return out + (killed == 0
                      ? "\n"
                      : ", of which " + std::to_string(killed) + " did not stop in order\n");
}

std::string compared(const summary& now, const summary& before) {
    table_text table{
        {"operation", "count", "before", "timed out", "before", "P50", "before", "P99", "before"}, 1
    };
    const auto at = [](const operation_figures* of, double q) {
        return of != nullptr && of->took.count() > 0 ? time_figure(of->took.quantile(q)) : "-";
    };
    const auto ratio = [](const operation_figures* of) {
        return of != nullptr ? share_figure(share(of->count(outcome::timeout), of->count())) : "-";
    };
    for (std::size_t i = 0; i < std::min(now.operations.size(), shown); ++i) {
        const auto& each = now.operations[i];
        const auto found = std::ranges::find_if(before.operations, [&](const auto& other) {
            return other.where == each.where && other.name == each.name;
        });
        const auto* other = found == before.operations.end() ? nullptr : &*found;
        table.add(
            {clean(each.name),
             count_figure(each.count()),
             other != nullptr ? count_figure(other->count()) : "-",
             ratio(&each),
             ratio(other),
             at(&each, 0.5),
             at(other, 0.5),
             at(&each, 0.99),
             at(other, 0.99)}
        );
    }
    return "\ncompared with " + day_text(before.when.from) + " to " + day_text(before.when.to) +
           '\n' + table.text() + more(now.operations.size(), shown);
}

}  // namespace

std::string to_text(const comparison& of) {
    const summary& now = of.now;
    if (auto steps = of_steps_alone(now)) {
        return *std::move(steps);
    }
    std::string text = head(now);
    if (now.count() > 0) {
        text += endings("what timed out", now.timed_out) + near(now) + quantiles(now) +
                accounts(now) + endings("what failed", now.failed) +
                endings("what was refused, by cause", now.refused) +
                endings("what was cancelled: the caller left", now.cancelled);
    }
    if (of.before) {
        text += compared(now, *of.before);
    }
    return text + backend(now) + bypasses(now) + policy(now) + deploys(now) + limits_of_this(now);
}

}  // namespace curfew::report
