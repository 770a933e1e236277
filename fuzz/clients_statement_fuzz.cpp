#include <curfew/clients/pg/statement_text.hpp>
#include <curfew/core/expects.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace curfew::pg {

namespace {

constexpr std::string_view mark = "\x01secret\x01";

/// `text` with every quote and sign that could end a literal taken out.
std::string harmless(std::string_view text) {
    std::string made;
    for (const char c : text)
        if (c != '\'' && c != '\\' && c != '$') made += c;
    return made;
}

/// `text` as the inside of a literal: what is neither quote nor backslash is `Z`.
std::string inside_of(std::string_view text, bool escaped) {
    std::string made;
    for (const char c : text) {
        if (c == '\'') {
            made += escaped ? "\\'" : "''";
        } else if (c == '\\') {
            made += escaped ? "\\\\" : "\\";
        } else {
            made += 'Z';
        }
    }
    return made;
}

/// Whichever way the server reads backslashes, no byte from inside a literal is shown.
void check_literals(std::string_view text) {
    for (const bool escaped : {false, true}) {
        const auto inside = inside_of(text, escaped);
        const auto plain = "select '" + inside + "', 'ZZ', x from t";
        const auto shown = without_literals(plain, plain.size());
        expects(!shown.contains('Z') && shown.starts_with("select ?"), "under either reading");
        const bool clear = !inside.contains('\\');
        expects(!clear || shown == "select ?, ?, x from t", "and only they");
    }
    const auto known = "select E'" + inside_of(text, true) + "', x from t";
    expects(
        without_literals(known, known.size()) == "select ?, x from t", "E'' ends where it ends"
    );
}

void check(std::string_view text) {
    for (const std::size_t most : {std::size_t{0}, std::size_t{7}, std::size_t{100}}) {
        const auto shown = without_literals(text, most);
        expects(shown.size() <= most, "never more than what may be shown");
        expects(!shown.contains('\''), "no quote is shown");
        expects(!shown.contains('\n') && !shown.starts_with(' '), "one line");
    }
    const auto whole = without_literals(text, text.size() + 1);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        const bool digit = whole[i] >= '0' && whole[i] <= '9';
        expects(!digit || i > 0, "no number begins a statement");
    }
    const auto inside = harmless(text) + std::string{mark};
    const std::string literal = "SELECT '" + inside + "', $q$" + inside + "$q$ FROM t";
    expects(!without_literals(literal, 2 * literal.size()).contains("secret"), "literals stay in");
    expects(without_literals(literal, 2 * literal.size()) == "SELECT ?, ? FROM t", "and only they");
    check_literals(text);
    expects(verb_of(text).size() <= 16, "a verb is short");
}

}  // namespace

}  // namespace curfew::pg

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    curfew::pg::check({reinterpret_cast<const char*>(data), size});
    return 0;
}
