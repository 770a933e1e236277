#include "ledger_access.hpp"
#include "output.hpp"
#include "verbs.hpp"
#include <curfew/core/rfc3339.hpp>
#include <curfew/ledger/spool.hpp>
#include <curfew/policy/json_text.hpp>

#include <algorithm>
#include <cstring>

namespace curfew::cli {

namespace {

constexpr std::size_t bytes_max = 200;
constexpr auto patience = std::chrono::seconds{2};

/// A database may be far from the next Curfew that reads it, so it is told at once, if it can be.
bool send_on(ledger::place where) {
    where.database->limits = {patience, patience, patience};
    const steady_clock time{};
    return ledger::merge_spool(where, wall_now(), time).has_value();
}

}  // namespace

int mark(const invocation& line) {
    const std::string text = line.arguments.empty() ? "" : line.arguments.front();
    const bool printable = std::ranges::all_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x20 && byte != 0x7f;
    });
    if (text.find_first_not_of(' ') == text.npos || !printable || text.size() > bytes_max) {
        return complain(usage_problem{
            "a mark is one line of at most " + std::to_string(bytes_max) + " bytes",
            "curfew mark \"v1.4\""
        });
    }
    const auto where = ledger_place(line);
    if (!where) {
        return where.error();
    }
    const auto at = wall_now();
    if (const auto done = ledger::append_to_spool(where->path, ledger::mark{at, text}); !done) {
        const failure why = done.error();
        complain(usage_problem{
            "the mark cannot be written beside " + where->path + ": " + std::strerror(why.detail),
            std::string{describe(why.code).remedy}
        });
        return describe(why.code).exit_code;
    }
    const bool waits = where->database && !send_on(*where);
    const std::string shown = where->shown();
    if (line.has("--json")) {
        policy::json_text to;
        to.object().member("at", rfc3339(at)).member("text", text).member("ledger", shown).end();
        print(to.take());
    } else if (!line.has("--quiet")) {
        print(
            "marked \"" + text + "\" in " + shown +
            (waits ? " (it waits on this disk until the database can be reached)\n" : "\n")
        );
    }
    return 0;
}

}  // namespace curfew::cli
