#include "manual.hpp"

#include <array>

namespace curfew::cli {

namespace {

constexpr std::size_t width = 80;

struct exit_code {
    std::string_view code;
    std::string_view meaning;
};

constexpr std::array exit_codes{
    exit_code{"0", "done"},
    exit_code{"1", "a finding, or the backend gave up"},
    exit_code{"2", "bad usage, or a policy that does not validate"},
    exit_code{"124", "timed out"},
    exit_code{"125", "Curfew itself failed"},
    exit_code{"126", "the command cannot be executed"},
    exit_code{"127", "the command was not found"},
    exit_code{"128+N", "ended by signal N"},
};

constexpr std::string_view purpose =
    "Curfew stands in front of a backend, gives each request a deadline, and keeps answering when "
    "something hangs.";

// Breaks `text` between words; `first` stands before it, what follows is indented as far.
std::string wrapped(std::string first, std::string_view text) {
    std::string out = std::move(first);
    const auto indent = out.size();
    std::size_t column = indent;
    bool at_start = true;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        if (!at_start && column + 1 + word.size() > width) {
            (out += '\n').append(indent, ' ');
            column = indent;
        } else if (!at_start) {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
        at_start = false;
    }
    return out += '\n';
}

std::string padded(std::string text, std::size_t to) {
    if (text.size() < to) text.append(to - text.size(), ' ');
    return text;
}

std::string spelled(const flag& of) {
    std::string text = of.letter ? std::string{'-', of.letter} + ", " : std::string{};
    text += of.name;
    if (!of.value.empty()) (text += ' ') += of.value;
    return text;
}

std::string meaning_of(const flag& of) {
    std::string text{of.help};
    if (!of.key.empty()) text += " Sets `" + std::string{of.key} + "`.";
    return text;
}

std::string usage_line(const verb& which) {
    std::string text = "curfew " + std::string{which.name};
    text += " [FLAGS]";
    if (!which.usage.empty()) text += ' ' + std::string{which.usage};
    return text;
}

// roff reads a leading dot or quote as a request, and a plain hyphen as a break.
std::string roff(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else {
            out += c;
        }
    }
    return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string man_flags(std::span<const flag> flags) {
    std::string text;
    for (const auto& flag : flags) {
        text += ".TP\n.B " + roff(spelled(flag)) + '\n' + roff(meaning_of(flag)) + '\n';
    }
    return text;
}

std::string man_verb(const verb& which) {
    return ".SS " + roff(usage_line(which)) + '\n' + roff(which.description) + '\n' +
           man_flags(which.own);
}

std::string help_flags(std::string_view title, std::span<const flag> flags) {
    std::string text = flags.empty() ? std::string{} : '\n' + std::string{title} + ":\n";
    for (const auto& flag : flags) {
        text += wrapped("  " + padded(spelled(flag), 20) + "  ", meaning_of(flag));
    }
    return text;
}

}  // namespace

std::string version_line() {
    return "curfew " CURFEW_VERSION "\n";
}

std::string help_page() {
    std::string text = wrapped("", purpose) + "\nusage: curfew VERB [FLAGS]\n\nverbs:\n";
    for (const auto& verb : verbs()) {
        text += wrapped("  " + padded(std::string{verb.name}, 14), verb.summary);
    }
    text += "\nexit codes:\n";
    for (const auto& [code, what] : exit_codes) {
        text += wrapped("  " + padded(std::string{code}, 14), what);
    }
    return text +
           "\n`curfew help VERB` tells more about a verb, `curfew help policy` about the keys\n"
           "of curfew.toml.\n";
}

std::string help_page(const verb& which) {
    return "usage: " + usage_line(which) + "\n\n" + wrapped("", which.description) +
           help_flags("flags", which.own) +
           help_flags("flags of every verb, where they have a meaning", flags_of_every_verb());
}

std::string man_page() {
    std::string text = ".TH CURFEW 1 \"\" \"curfew " CURFEW_VERSION "\" \"User Commands\"\n";
    text += ".SH NAME\ncurfew \\- a deadline on everything a backend does\n";
    text += ".SH SYNOPSIS\n.B curfew\n.I VERB\n[FLAGS]\n";
    text += ".SH DESCRIPTION\n" + roff(purpose) + "\n.SH VERBS\n";
    for (const auto& verb : verbs()) {
        text += man_verb(verb);
    }
    text += ".SH FLAGS OF EVERY VERB\n" + man_flags(flags_of_every_verb());
    text += ".SH EXIT STATUS\n";
    for (const auto& [code, what] : exit_codes) {
        text += ".TP\n.B " + roff(code) + '\n' + roff(what) + '\n';
    }
    text += ".SH ENVIRONMENT\n.TP\n.B CURFEW_ENV\nThe environment, where \\-\\-env is not given.\n";
    text += ".TP\n.B CURFEW_SECTION_KEY\nSets a key of the policy: CURFEW_REQUEST_TIMEOUT.\n";
    text += ".SH FILES\n.TP\n.B curfew.toml\nThe policy; `curfew help policy` tells its keys.\n";
    return text;
}

}  // namespace curfew::cli
