#include "ledger_access.hpp"
#include "output.hpp"
#include "verbs.hpp"
#include <curfew/core/trace_context.hpp>
#include <curfew/report/explanation.hpp>

#include <algorithm>

namespace curfew::cli {

namespace {

constexpr int not_found = 1;

/// 32 hexadecimal digits, or a whole `traceparent`.
std::optional<trace_context> trace_of(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return parse_traceparent(
        text.size() == trace_text{}.size() ? "00-" + text + "-0000000000000001-00" : text
    );
}

}  // namespace

int explain(const invocation& line) {
    if (line.arguments.empty()) {
        return complain(usage_problem{
            "a trace id is needed", "it stands in a refusal and in the log as trace_id"
        });
    }
    const auto trace = trace_of(line.arguments.front());
    if (!trace) {
        return complain(usage_problem{
            '`' + line.arguments.front() + "` is no trace id",
            "32 hexadecimal digits, as `trace_id` in a refusal and in the log"
        });
    }
    auto opened = open_ledger(line);
    if (!opened) {
        return opened.error();
    }
    const auto all = report::explain(opened->book, trace->trace_high, trace->trace_low);
    if (!all) {
        return complain_about_ledger(*opened, all.error());
    }
    if (line.has("--json")) {
        print(report::to_json(*all));
    }
    if (all->empty()) {
        complain(usage_problem{
            "the ledger " + opened->path + " has no operation with the trace " +
                line.arguments.front(),
            "of plain successes only some have a row (ledger.success_rows); rows are kept for "
            "ledger.keep_rows, and written within two seconds"
        });
        return not_found;
    }
    bool first = true;
    for (const auto& each : *all) {
        if (!line.has("--json")) {
            print((first ? "" : "\n") + report::to_text(each));
            first = false;
        }
    }
    return 0;
}

}  // namespace curfew::cli
