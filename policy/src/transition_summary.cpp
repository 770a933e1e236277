#include <curfew/policy/transition.hpp>

#include <string_view>

namespace curfew::policy {

namespace {

constexpr std::size_t room_for_more = 16;

std::string unquoted(const std::optional<std::string>& value) {
    const std::string& text = *value;
    const bool plain = text.size() > 2 && text.front() == '"' && text.back() == '"';
    return plain ? text.substr(1, text.size() - 2) : text;
}

std::string text_of(const change& of) {
    std::string text = of.key;
    if (!of.after) {
        text += " gone";
    } else if (!of.before) {
        text += " new, " + unquoted(of.after);
    } else {
        text += " from " + unquoted(of.before) + " to " + unquoted(of.after);
    }
    return text + (of.after_restart ? " after a restart" : "");
}

}  // namespace

std::string summary_of(const std::vector<change>& of, std::size_t most) {
    if (of.empty()) return "nothing";
    std::string text;
    std::size_t told = 0;
    for (const change& each : of) {
        std::string next = (told > 0 ? ", " : "") + text_of(each);
        const std::size_t reserve = told + 1 < of.size() ? room_for_more : 0;
        if (text.size() + next.size() + reserve > most) break;
        text += next;
        ++told;
    }
    const std::string rest = std::to_string(of.size() - told);
    if (told == 0) return rest + (of.size() == 1 ? " key" : " keys");
    return told == of.size() ? text : text + " and " + rest + " more";
}

}  // namespace curfew::policy
