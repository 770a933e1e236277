#include "ledger_access.hpp"
#include "output.hpp"
#include "policy_sources.hpp"
#include "stretch.hpp"
#include "verbs.hpp"
#include <curfew/policy/edit.hpp>
#include <curfew/policy/file.hpp>
#include <curfew/report/limit_advice.hpp>

#include <utility>

namespace curfew::cli {

namespace {

constexpr int not_written = 1;

/// Shows the difference, then writes it; the exit code.
int write(const invocation& line, const policy::sources& from, report::written_advice& to) {
    const bool as_json = line.has("--json");
    if (!as_json) {
        const auto difference = report::to_text(to);
        print(difference.empty() ? "\nnothing to write\n" : '\n' + difference);
    }
    int code = 0;
    for (const auto& each : to.edited.refused) {
        complain(
            usage_problem{"not written: " + each.what.key + ": " + each.why.sentence, each.why.hint}
        );
        code = not_written;
    }
    if (to.edited.lines.empty()) {
        return code;
    }
    // The difference is on its way before the file changes.
    if (const int lost = finish(0); lost != 0) {
        return lost;
    }
    if (const auto problem = policy::replace_file(to.file, from.file_text, to.edited.text)) {
        return complain(line, *problem);
    }
    to.written = true;
    if (!as_json) {
        print("wrote " + to.file + "; `curfew reload` puts it in force\n");
    }
    return code;
}

}  // namespace

int advise(const invocation& line) {
    const auto since = span_of("--since", line.value("--since", "14d"));
    const auto where = surface_of(line.value("--surface"));
    if (!since || !where) {
        return complain(since ? where.error() : since.error());
    }
    const auto from = policy_sources(line);
    if (!from) {
        return complain(line, from.error());
    }
    if (line.has("--write") && from->file_name.empty()) {
        return complain(usage_problem{
            "there is no curfew.toml from here upward to write to",
            "`curfew init` writes one for the project found here; --config FILE names another"
        });
    }
    const auto loaded = policy::load(*from);
    if (!loaded.snapshot) {
        return complain(line, loaded);
    }
    auto opened = open_ledger(line);
    if (!opened) {
        return opened.error();
    }
    const auto end = ledger::begin_of(ledger::minute_of(wall_now()) + 1);
    auto made =
        report::advise_limits(opened->book, {{end - *since, end}, *where, loaded.snapshot.get()});
    if (!made) {
        return complain_about_ledger(*opened, made.error());
    }
    made->path = opened->path;
    std::optional<report::written_advice> written;
    int code = 0;
    if (!line.has("--json")) {
        print(report::to_text(*made));
    }
    if (line.has("--write")) {
        written.emplace(from->file_name, policy::set_times(*from, report::edits_of(*made)));
        code = write(line, *from, *written);
    }
    if (line.has("--json")) {
        print(report::to_json(*made, written));
    }
    return code;
}

}  // namespace curfew::cli
