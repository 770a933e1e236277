#include "words.hpp"

namespace curfew::report {

std::string clean(std::string_view text) {
    std::string safe{text};
    for (char& c : safe) {
        const auto byte = static_cast<unsigned char>(c);
        c = byte < 0x20 || byte == 0x7f ? ' ' : c;
    }
    return safe;
}

std::string cause_text(const ledger::series& what) {
    std::string text{to_string(what.why)};
    if (what.reason != shed_reason::none) {
        text.append(" ").append(to_string(what.reason));
    }
    if (ended_by_itself(what.why) && what.error) {
        text = describe(*what.error).id;
    }
    return text;
}

std::string how_it_ended(const ledger::series& what) {
    if (what.ended == outcome::success) {
        return "success";
    }
    const bool refused = what.ended == outcome::ignored && !ended_by_itself(what.why) &&
                         what.why != cause_kind::cancelled &&
                         what.why != cause_kind::inherited_deadline;
    std::string text = what.ended == outcome::timeout ? "timed out"
                       : refused                      ? "refused"
                                                      : std::string{to_string(what.ended)};
    return text + " (" + cause_text(what) + ')';
}

}  // namespace curfew::report
