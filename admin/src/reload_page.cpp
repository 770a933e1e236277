#include <curfew/admin/json_writer.hpp>
#include <curfew/admin/reload_page.hpp>
#include <curfew/admin/terminal_text.hpp>
#include <curfew/policy/load.hpp>

#include <algorithm>

namespace curfew::admin {

namespace {

using result = reload_report::result;

std::size_t waiting(const reload_report& of) noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(of.changes, &policy::change::after_restart)
    );
}

void write(json_writer& out, const policy::change& what) {
    out.begin_object();
    out.member("key", what.key);
    out.member("before", what.before);
    out.member("after", what.after);
    out.member("layer", policy::to_string(what.said_by));
    out.member("origin", what.origin);
    out.end_object();
}

void write(json_writer& out, const policy::problem& what) {
    out.begin_object();
    out.member("origin", what.origin);
    out.member("sentence", what.sentence);
    out.member("hint", what.hint);
    out.end_object();
}

void write(json_writer& out, const reload_report& of, bool after_restart) {
    out.begin_array();
    for (const policy::change& each : of.changes) {
        if (each.after_restart == after_restart) {
            write(out, each);
        }
    }
    out.end_array();
}

std::string count(std::size_t number, std::string_view of) {
    return std::to_string(number) + ' ' + std::string{of} + (number == 1 ? "" : "s");
}

/// What came of it, in a sentence for who asked.
std::string head_of(const reload_report& what) {
    const std::string generation = "generation " + std::to_string(what.generation);
    const std::string from = what.file.empty() ? "" : " from " + terminal_text(what.file);
    switch (what.ended) {
        case result::applied:
            return "in force" + from + ", " + generation + ':';
        case result::unchanged:
            return "nothing has changed" + from + ", " + generation;
        case result::planned:
            return what.changes.empty() ? "nothing would change" + from
                                        : "would change" + from + " (nothing was changed):";
        case result::invalid:
            return "curfew: the policy is bad, and the one in force stays, " + generation + ':';
        case result::refused:
            break;
    }
    return "curfew: not reloaded, and the policy in force stays, " + generation + ':';
}

/// Of a problem that has no place in the policy.
std::string text_of(const policy::problem& what) {
    return what.sentence + '\n' + (what.hint.empty() ? "" : "  hint: " + what.hint + '\n');
}

std::string lines_of(const reload_report& of, bool after_restart) {
    std::string text;
    for (const policy::change& each : of.changes) {
        if (each.after_restart == after_restart) {
            text += "  " + terminal_text(each.key) + ": " +
                    terminal_text(each.before.value_or("none")) + " -> " +
                    terminal_text(each.after.value_or("none")) + "  (" +
                    terminal_text(each.origin) + ")\n";
        }
    }
    return text;
}

}  // namespace

std::string_view to_string(result ended) noexcept {
    switch (ended) {
        case result::applied:
            return "applied";
        case result::unchanged:
            return "unchanged";
        case result::planned:
            return "planned";
        case result::invalid:
            return "invalid";
        case result::refused:
            return "refused";
    }
    return "refused";
}

int status_of(const reload_report& what) noexcept {
    constexpr int ok = 200;
    constexpr int conflict = 409;
    constexpr int unprocessable = 422;
    return what.ended == result::invalid   ? unprocessable
           : what.ended == result::refused ? conflict
                                           : ok;
}

std::string render_reload(const reload_report& what) {
    json_writer out;
    out.begin_object();
    out.member("result", to_string(what.ended));
    out.member("generation", what.generation);
    out.member("file", what.file.empty() ? std::nullopt : std::optional{what.file});
    out.key("changes");
    write(out, what, false);
    out.key("after_restart");
    write(out, what, true);
    out.key("problems");
    out.begin_array();
    for (const policy::problem& each : what.problems) {
        write(out, each);
    }
    out.end_array();
    out.member("problems_left_out", what.problems_left_out);
    out.end_object();
    return std::move(out).take();
}

std::string render_reload_text(const reload_report& what) {
    std::string text = head_of(what) + '\n';
    for (const bool after_restart : {false, true}) {
        const std::string lines = lines_of(what, after_restart);
        text += after_restart && !lines.empty() ? "needs a restart:\n" + lines : lines;
    }
    for (const policy::problem& each : what.problems) {
        text += each.origin.empty() ? text_of(each) : policy::format(each);
    }
    if (what.problems_left_out > 0) {
        text += "and " + count(what.problems_left_out, "further problem") + '\n';
    }
    return text;
}

std::string sentence_of(const reload_report& what) {
    if (!what.problems.empty()) {
        const policy::problem& first = what.problems.front();
        std::string said = first.origin.empty() ? "" : first.origin + ": ";
        said += first.sentence;
        const std::size_t more = what.problems.size() - 1 + what.problems_left_out;
        return more == 0 ? said : said + " (and " + count(more, "further problem") + ')';
    }
    const std::size_t later = waiting(what);
    std::string said = count(what.changes.size() - later, "change");
    for (const policy::change& each : what.changes) {
        if (each.after_restart) {
            said += (said.contains("after a restart") ? ", " : "; after a restart: ") + each.key;
        }
    }
    return said;
}

}  // namespace curfew::admin
