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
    const auto path = ledger_path(line);
    if (!path) {
        return path.error();
    }
    const auto at = wall_now();
    if (const auto done = ledger::append_to_spool(*path, ledger::mark{at, text}); !done) {
        const failure why = done.error();
        complain(usage_problem{
            "the mark cannot be written beside " + *path + ": " + std::strerror(why.detail),
            std::string{describe(why.code).remedy}
        });
        return describe(why.code).exit_code;
    }
    if (line.has("--json")) {
        policy::json_text to;
        to.object().member("at", rfc3339(at)).member("text", text).member("ledger", *path).end();
        print(to.take());
    } else if (!line.has("--quiet")) {
        print("marked \"" + text + "\" in " + *path + '\n');
    }
    return 0;
}

}  // namespace curfew::cli
