#include <curfew/admin/keys.hpp>

#include <optional>

namespace curfew::admin {

namespace {

constexpr char escape = '\x1b';

std::optional<key> key_of_letter(char byte) noexcept {
    switch (byte) {
        case 'q':
        case 'Q':
            return key::quit;
        case 'k':
            return key::up;
        case 'j':
            return key::down;
        case 'g':
            return key::first;
        case 'G':
            return key::last;
        case '\t':
        case 'l':
            return key::next;
        case 'h':
            return key::previous;
        case 's':
            return key::sort;
        case 'p':
        case ' ':
            return key::pause;
        case '?':
            return key::help;
        case '\f':
            return key::redraw;
        default:
            return std::nullopt;
    }
}

std::optional<key> key_of_sequence(std::string_view parameters, char last) noexcept {
    switch (last) {
        case 'A':
            return key::up;
        case 'B':
            return key::down;
        case 'C':
            return key::next;
        case 'D':
        case 'Z':
            return key::previous;
        case 'H':
            return key::first;
        case 'F':
            return key::last;
        case '~':
            break;
        default:
            return std::nullopt;
    }
    return parameters == "5"                        ? std::optional{key::page_up}
           : parameters == "6"                      ? std::optional{key::page_down}
           : parameters == "1" || parameters == "7" ? std::optional{key::first}
           : parameters == "4" || parameters == "8" ? std::optional{key::last}
                                                    : std::nullopt;
}

void add(std::optional<key> pressed, std::vector<key>& into) {
    if (pressed) {
        into.push_back(*pressed);
    }
}

}  // namespace

void key_decoder::feed(std::string_view bytes, std::vector<key>& into) {
    for (const char byte : bytes) {
        take(byte, into);
    }
}

void key_decoder::take(char byte, std::vector<key>& into) {
    if (byte == escape) {
        state_ = state::escape;
        parameters_.clear();
        return;
    }
    switch (state_) {
        case state::plain:
            add(key_of_letter(byte), into);
            break;
        case state::escape:
            state_ = byte == '[' ? state::sequence : byte == 'O' ? state::single : state::plain;
            break;
        case state::single:
            end_sequence(byte, into);
            break;
        case state::sequence:
            if (byte >= '@' && byte <= '~') {
                end_sequence(byte, into);
            } else if (parameters_.size() < longest) {
                parameters_ += byte;
            } else {
                state_ = state::plain;
            }
            break;
    }
}

void key_decoder::end_sequence(char last, std::vector<key>& into) {
    state_ = state::plain;
    add(key_of_sequence(parameters_, last), into);
}

}  // namespace curfew::admin
