#include "ledger_access.hpp"
#include "output.hpp"
#include "stretch.hpp"
#include "verbs.hpp"
#include <curfew/report/summary.hpp>

namespace curfew::cli {

namespace {

struct asked {
    report::question now;
    std::optional<report::question> before;
    std::string format;
};

std::expected<asked, usage_problem> understand(const invocation& line) {
    asked made;
    const auto since = span_of("--since", line.value("--since", "7d"));
    const auto where = surface_of(line.value("--surface"), surfaces::all);
    if (!since || !where) {
        return std::unexpected{since ? where.error() : since.error()};
    }
    // Figures are kept by the minute, so the one that runs is in it.
    const auto end = ledger::begin_of(ledger::minute_of(wall_now()) + 1);
    made.now = {.when = {end - *since, end}, .where = *where};
    if (line.has("--compare")) {
        const auto length = span_of("--compare", line.value("--compare"));
        if (!length) {
            return std::unexpected{length.error()};
        }
        const auto from = made.now.when.from;
        made.before = {.when = {from - *length, from}, .where = *where, .examples = false};
    }
    made.format = line.value("--format", line.has("--json") ? "json" : "text");
    if (made.format != "text" && made.format != "json" && made.format != "html") {
        return wrong("--format is text, json or html, not `" + made.format + '`', "");
    }
    if (line.has("--json") && made.format != "json") {
        return wrong(
            "--json and --format " + made.format + " contradict each other", "leave one out"
        );
    }
    return made;
}

}  // namespace

int report(const invocation& line) {
    const auto what = understand(line);
    if (!what) {
        return complain(what.error());
    }
    auto opened = open_ledger(line);
    if (!opened) {
        return opened.error();
    }
    auto now = report::summarize(opened->book, what->now);
    if (!now) {
        return complain_about_ledger(*opened, now.error());
    }
    report::comparison made{*std::move(now), std::nullopt};
    made.now.path = opened->path;
    if (what->before) {
        auto before = report::summarize(opened->book, *what->before);
        if (!before) {
            return complain_about_ledger(*opened, before.error());
        }
        made.before = *std::move(before);
        made.before->path = opened->path;
    }
    print(
        what->format == "json"   ? report::to_json(made)
        : what->format == "html" ? report::to_page(made)
                                 : report::to_text(made)
    );
    return 0;
}

}  // namespace curfew::cli
