#include "shells.hpp"

#include "table.hpp"
#include <curfew/policy/load.hpp>
#include <curfew/policy/reference.hpp>

#include <string_view>
#include <vector>

namespace curfew::cli {

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) {
        text += (text.empty() ? "" : " ") + word;
    }
    return text;
}

std::string verb_names() {
    std::vector<std::string> names;
    for (const auto& verb : verbs()) {
        names.emplace_back(verb.name);
    }
    return joined(names);
}

std::string flag_names(const verb& which) {
    std::vector<std::string> names;
    for (const auto& flag : flags_of(which)) {
        names.emplace_back(flag.name);
    }
    return joined(names);
}

std::string signal_names() {
    std::vector<std::string> names;
    for (const auto& signal : policy::load({}).snapshot->signals) {
        names.push_back(signal.name);
    }
    return joined(names);
}

// `--explain` offers the keys, `--pressure` the signals, `help` the verbs: lists that other tables
// hold.
std::string words_for(const flag& of) {
    if (of.name == "--explain") return joined(policy::key_paths());
    return of.name == "--pressure" ? signal_names() : std::string{of.words};
}

std::string words_for(const verb& of) {
    return of.name == "help" ? verb_names() + " policy" : std::string{of.words};
}

// Single quotes for a shell: 'it'\''s'.
std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += c;
        }
    }
    return out += '\'';
}

std::string bash_reply(offer what, const std::string& words) {
    const std::string reply = "COMPREPLY=($(compgen ";
    if (what == offer::files) return reply + "-f -- \"$word\"))";
    if (what == offer::directories) return reply + "-d -- \"$word\"))";
    return reply + "-W " + quoted(words) + " -- \"$word\"))";
}

std::string bash_verb(const verb& which) {
    std::string text = "        " + std::string{which.name} + ")\n            case $before in\n";
    for (const auto& flag : flags_of(which)) {
        if (flag.value.empty()) continue;
        text +=
            "                " + std::string{flag.name} + ") " +
            (flag.offers == offer::nothing ? "" : bash_reply(flag.offers, words_for(flag)) + "; ") +
            "return ;;\n";
    }
    text += "            esac\n            if [[ $word == -* ]]; then\n                " +
            bash_reply(offer::words, flag_names(which)) + "\n";
    if (which.offers != offer::nothing) {
        text += "            else\n                " + bash_reply(which.offers, words_for(which)) +
                '\n';
    }
    return text + "            fi ;;\n";
}

// zsh's _arguments takes "--name[help]:value:action"; brackets and colons in it are escaped.
std::string zsh_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string zsh_action(offer what, const std::string& words) {
    if (what == offer::files) return "_files";
    if (what == offer::directories) return "_files -/";
    return what == offer::words ? "(" + words + ")" : " ";
}

std::string zsh_verb(const verb& which) {
    std::string text = "        " + std::string{which.name} + ")\n            _arguments";
    for (const auto& flag : flags_of(which)) {
        auto spec = std::string{flag.repeatable ? "*" : ""} + std::string{flag.name};
        spec += '[' + zsh_escaped(flag.help) + ']';
        if (!flag.value.empty()) {
            spec += ':' + std::string{flag.value} + ':' + zsh_action(flag.offers, words_for(flag));
        }
        text += " \\\n                " + quoted(spec);
    }
    if (which.offers != offer::nothing) {
        text += " \\\n                " +
                quoted("1:argument:" + zsh_action(which.offers, words_for(which)));
    }
    return text + " ;;\n";
}

std::string fish_condition(const verb& which) {
    return "complete -c curfew -n " +
           quoted("__fish_seen_subcommand_from " + std::string{which.name});
}

std::string fish_offer(offer what, const std::string& words) {
    if (what == offer::files) return " -F";
    if (what == offer::directories) return " -a '(__fish_complete_directories)'";
    return what == offer::words ? " -a " + quoted(words) : "";
}

std::string fish_verb(const verb& which) {
    std::string text = "complete -c curfew -n __fish_use_subcommand -a " + std::string{which.name} +
                       " -d " + quoted(which.summary) + '\n';
    for (const auto& flag : flags_of(which)) {
        text += fish_condition(which) + " -l " + std::string{flag.name.substr(2)};
        if (flag.letter) text += std::string{" -s "} + flag.letter;
        if (!flag.value.empty()) text += " -r" + fish_offer(flag.offers, words_for(flag));
        text += " -d " + quoted(flag.help) + '\n';
    }
    if (which.offers != offer::nothing) {
        text += fish_condition(which) + fish_offer(which.offers, words_for(which)) + '\n';
    }
    return text;
}

}  // namespace

std::string bash_completions() {
    std::string text = R"(_curfew() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    if [[ $COMP_CWORD -eq 1 ]]; then
        )" + bash_reply(offer::words, verb_names() + " --version --help") +
                       R"(
        return
    fi
    case ${COMP_WORDS[1]} in
)";
    for (const auto& verb : verbs()) {
        text += bash_verb(verb);
    }
    return text + "    esac\n}\ncomplete -F _curfew curfew\n";
}

std::string zsh_completions() {
    std::string text = R"(#compdef curfew

_curfew() {
    local -a verbs
    verbs=(
)";
    for (const auto& verb : verbs()) {
        text +=
            "        " + quoted(std::string{verb.name} + ':' + std::string{verb.summary}) + '\n';
    }
    text += R"(    )
    if (( CURRENT == 2 )); then
        _describe verb verbs
        return
    fi
    local verb=${words[2]}
    shift words
    (( CURRENT-- ))
    case $verb in
)";
    for (const auto& verb : verbs()) {
        text += zsh_verb(verb);
    }
    return text + R"(    esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _curfew "$@"
else
    compdef _curfew curfew
fi
)";
}

std::string fish_completions() {
    std::string text = "complete -c curfew -f\n";
    for (const auto& verb : verbs()) {
        text += fish_verb(verb);
    }
    return text;
}

}  // namespace curfew::cli
