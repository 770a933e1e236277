#include "diagnosis.hpp"

#include "key.hpp"
#include "safe_text.hpp"

#include <algorithm>
#include <array>

namespace curfew::policy {

namespace {

std::string_view line_of(std::string_view text, std::size_t number) {
    for (std::size_t line = 1; line < number; ++line) {
        const auto end = text.find('\n');
        if (end == text.npos) return {};
        text.remove_prefix(end + 1);
    }
    return text.substr(0, text.find_first_of("\r\n"));
}

// A secret must not get into a log by way of the line it stands in.
bool holds_secret(std::string_view line) {
    return std::ranges::any_of(keys(), [&](const key& which) {
        const auto name = which.path.substr(which.path.rfind('.') + 1);
        const bool has_word = which.is_secret() && line.find(name) != line.npos;
        return has_word && (which.path != "ledger.store" || line.find("://") != line.npos);
    });
}

// A long line is shown from a little before the place.
void show_line(problem& what, std::string_view text) {
    constexpr std::size_t before = 60;
    constexpr std::size_t width = 100;
    const auto line = line_of(text, what.line);
    if (holds_secret(line)) return;
    const auto from = what.column > before ? what.column - before : 0;
    const auto shown = safe_text(line, from, width);
    what.source = shown.text;
    what.caret = std::min(what.column - 1 - std::min(from, what.column - 1), shown.characters);
}

}  // namespace

std::string_view to_string(layer which) noexcept {
    constexpr std::array<std::string_view, 6> names{
        "built-in", "derived", "file", "environment", "variable", "flag"
    };
    return names[static_cast<std::size_t>(which)];
}

std::string format(const problem& what) {
    std::string text = what.origin + ": " + what.sentence + '\n';
    if (!what.source.empty()) {
        text += "  | " + what.source + "\n  | " + std::string(what.caret, ' ') + "^\n";
    }
    if (!what.hint.empty()) text += "  hint: " + what.hint + '\n';
    return text;
}

std::string diagnosis::describe(const origin& where) const {
    if (where.said_by == layer::builtin || where.said_by == layer::derived) return "built-in";
    if (!where.name.empty()) return where.name;
    if (where.at.line == 0) return std::string{file_name_};
    return std::string{file_name_} + ':' + std::to_string(where.at.line) + ':' +
           std::to_string(where.at.column);
}

problem diagnosis::make(const origin& where, std::string sentence, std::string hint) const {
    problem what;
    what.origin = describe(where);
    what.sentence = std::move(sentence);
    what.hint = std::move(hint);
    if (where.said_by == layer::file || where.said_by == layer::environment) {
        what.file = file_name_;
        what.line = where.at.line;
        what.column = where.at.column;
        if (what.line > 0 && what.column > 0) show_line(what, file_text_);
    }
    return what;
}

void diagnosis::add(const origin& where, std::string sentence, std::string hint) {
    if (problems_.size() == problems_max) {
        ++left_out_;
        return;
    }
    auto what = make(where, std::move(sentence), std::move(hint));
    const auto place = std::ranges::upper_bound(problems_, what.line, {}, &problem::line);
    problems_.insert(place, std::move(what));
}

void diagnosis::warn(const origin& where, std::string sentence, std::string hint) {
    if (warnings_.size() == problems_max) return;
    warnings_.push_back(make(where, std::move(sentence), std::move(hint)));
}

void diagnosis::move_to(loading& to) {
    to.problems = std::move(problems_);
    to.problems_left_out = left_out_;
    if (to.problems.empty()) to.warnings = std::move(warnings_);
}

}  // namespace curfew::policy
