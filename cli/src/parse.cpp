#include "parse.hpp"

#include "flags.hpp"
#include <curfew/policy/suggest.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>

namespace curfew::cli {

namespace {

std::unexpected<usage_problem> wrong(std::string sentence, std::string hint) {
    return std::unexpected{usage_problem{std::move(sentence), std::move(hint)}};
}

std::unexpected<usage_problem> unknown_verb(const std::string& word) {
    std::vector<std::string_view> names;
    for (const auto& verb : verbs()) {
        names.push_back(verb.name);
    }
    if (word.starts_with('-')) {
        return wrong(
            "flags stand behind the verb, but " + word + " stands before it", "curfew VERB " + word
        );
    }
    const auto near = policy::closest(word, names);
    return wrong(
        "there is no verb `" + word + '`',
        near ? "did you mean `curfew " + std::string{*near} + "`?" : "`curfew help` lists the verbs"
    );
}

std::unexpected<usage_problem> unexpected_word(const verb& which, const std::string& word) {
    const std::string name{which.name};
    if (!word.starts_with('-')) {
        return wrong("`" + name + "` does not take `" + word + '`', "curfew help " + name);
    }
    const auto flags = flags_of(which);
    std::vector<std::string_view> names;
    std::ranges::transform(flags, std::back_inserter(names), &flag::name);
    const auto near = policy::closest(word.substr(0, word.find('=')), names);
    return wrong(
        "`" + name + "` has no flag " + word.substr(0, word.find('=')),
        near ? "did you mean " + std::string{*near} + '?' : "curfew help " + name
    );
}

std::string parser_name(const flag& of) {
    const std::string name{of.name};
    return of.letter ? std::string{'-', of.letter, ','} + name : name;
}

/// What CLI11 is told, made from the table, and what it found.
class verb_parser {
  public:
    explicit verb_parser(const verb& which) : flags_{flags_of(which)} {
        app_.set_help_flag();
        app_.allow_extras();
        values_.resize(flags_.size());
        for (std::size_t i = 0; i < flags_.size(); ++i) {
            if (flags_[i].value.empty()) {
                options_.push_back(app_.add_flag(parser_name(flags_[i])));
            } else {
                auto* option = app_.add_option(parser_name(flags_[i]), values_[i]);
                option->take_all()->expected(1)->allow_extra_args(false);
                options_.push_back(option);
            }
        }
    }

    void parse(std::vector<std::string> words) {
        for (std::size_t at = 0; at < words.size(); ++at) {
            if (!is_empty_value(words[at])) continue;
            words[at].pop_back();
            words.insert(words.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::string{});
        }
        std::ranges::reverse(words);
        app_.parse(std::move(words));
    }

    void copy_to(invocation& to) const {
        for (std::size_t i = 0; i < flags_.size(); ++i) {
            if (options_[i]->count() > 0) to.given[flags_[i].name] = values_[i];
        }
        to.arguments = app_.remaining();
    }

    [[nodiscard]] const flag* repeated() const {
        for (std::size_t i = 0; i < flags_.size(); ++i) {
            if (options_[i]->count() > 1 && !flags_[i].repeatable && !flags_[i].value.empty()) {
                return &flags_[i];
            }
        }
        return nullptr;
    }

  private:
    /// "--simulate=": CLI11 would take the next word for the value.
    [[nodiscard]] bool is_empty_value(std::string_view word) const {
        return word.ends_with('=') && std::ranges::any_of(flags_, [&](const flag& each) {
                   return !each.value.empty() && word.substr(0, word.size() - 1) == each.name;
               });
    }

    CLI::App app_;
    std::vector<flag> flags_;
    std::vector<std::vector<std::string>> values_;
    std::vector<CLI::Option*> options_;
};

std::unexpected<usage_problem> missing_value(const verb& which, const std::string& word) {
    const auto flags = flags_of(which);
    const auto found = std::ranges::find(flags, word, &flag::name);
    if (found == flags.end()) return unexpected_word(which, word);
    return wrong(word + " needs a value", "write " + word + ' ' + std::string{found->value});
}

std::optional<usage_problem> check_words(const invocation& line) {
    for (const auto& word : line.arguments) {
        if (word.size() > 1 && word.starts_with('-')) {
            return unexpected_word(*line.verb, word).error();
        }
    }
    if (line.arguments.size() > line.verb->arguments_max) {
        return unexpected_word(*line.verb, line.arguments[line.verb->arguments_max]).error();
    }
    for (const auto& flag : flags_of(*line.verb)) {
        const auto text = line.value(flag.name);
        if (flag.name != "--color" || text.empty()) continue;
        if (text != "auto" && text != "always" && text != "never") {
            return usage_problem{"--color is auto, always or never, not `" + text + '`', ""};
        }
    }
    if (line.has("--quiet") && line.has("--verbose")) {
        return usage_problem{"--quiet and --verbose contradict each other", "leave one out"};
    }
    return std::nullopt;
}

// CLI11 takes --switch=anything.
std::optional<usage_problem> switch_with_value(
    const verb& which, const std::vector<std::string>& words
) {
    const auto flags = flags_of(which);
    for (const auto& word : words) {
        const auto name = word.substr(0, word.find('='));
        const auto found = std::ranges::find(flags, name, &flag::name);
        if (name != word && found != flags.end() && found->value.empty()) {
            return usage_problem{name + " takes no value", "write it alone"};
        }
    }
    return std::nullopt;
}

std::expected<invocation, usage_problem> parse_verb(
    const verb& which, std::vector<std::string> words, std::vector<std::string> command
) {
    if (auto problem = switch_with_value(which, words)) return std::unexpected{*std::move(problem)};
    verb_parser parser{which};
    const auto last = words.empty() ? std::string{} : words.back();
    try {
        parser.parse(std::move(words));
    } catch (const CLI::ArgumentMismatch&) {
        return missing_value(which, last);
    } catch (const CLI::ParseError& error) {
        return wrong(error.what(), "curfew help " + std::string{which.name});
    }
    if (const auto* twice = parser.repeated()) {
        return wrong(std::string{twice->name} + " is given more than once", "give it once");
    }
    invocation line{&which, {}, {}, std::move(command)};
    parser.copy_to(line);
    if (auto problem = check_words(line)) return std::unexpected{*std::move(problem)};
    if (line.has("--help") && which.name != "help") {
        invocation asked{find_verb("help"), {}, {std::string{which.name}}, {}};
        if (line.has("--json")) asked.given["--json"] = {};
        return asked;
    }
    return line;
}

}  // namespace

std::expected<invocation, usage_problem> parse(std::vector<std::string> words) {
    if (words.empty()) return wrong("a verb is needed", "`curfew help` lists them");
    const auto first = words[0];
    if (first == "--version") words[0] = "version";
    if (first == "--help" || first == "-h") words[0] = "help";
    const auto* which = find_verb(words[0]);
    if (!which) return unknown_verb(words[0]);

    const auto dashes = std::ranges::find(words, "--");
    std::vector<std::string> command;
    if (dashes != words.end()) {
        command.assign(dashes + 1, words.end());
        if (!which->takes_command) {
            return wrong("`" + words[0] + "` starts no command", "leave `--` out");
        }
        if (command.empty()) return wrong("no command stands behind `--`", "write -- COMMAND");
    }
    return parse_verb(*which, {words.begin() + 1, dashes}, std::move(command));
}

}  // namespace curfew::cli
