#include <curfew/clients/pg/statement_text.hpp>

#include <algorithm>
#include <utility>

namespace curfew::pg {
namespace {

constexpr std::size_t verb_max = 16;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

bool is_space(char c) noexcept {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
}

/// Reads a statement once, from the left, and never back.
class scanner {
  public:
    scanner(std::string_view text, std::size_t most) : text_{text}, most_{most} {}

    std::string run() {
        while (at_ < text_.size() && !full_) {
            const char c = text_[at_];
            if (is_space(c)) {
                ++at_;
                gap_ = true;
            } else if (next_is("--")) {
                at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
                gap_ = true;
            } else if (next_is("/*")) {
                skip_comment();
                gap_ = true;
            } else if (c == '\'') {
                skip_string(false);
                put("?");
            } else if (c == '"') {
                name();
            } else if (c == '$') {
                dollar();
            } else if (is_digit(c) ||
                       (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
                number();
            } else if (is_letter(c)) {
                word();
            } else {
                put(text_.substr(at_++, 1));
            }
        }
        return std::move(out_);
    }

  private:
    [[nodiscard]] bool next_is(std::string_view what) const noexcept {
        return text_.substr(at_).starts_with(what);
    }

    void put(std::string_view piece) {
        if (std::exchange(gap_, false) && !out_.empty()) out_ += ' ';
        out_ += piece;
        full_ = out_.size() > most_;
        if (!full_) return;
        auto end = most_;
        while (end > 0 && (static_cast<unsigned char>(out_[end]) & 0xc0) == 0x80)
            --end;
        out_.resize(end);
        while (out_.ends_with(' '))
            out_.pop_back();
    }

    void skip_comment() noexcept {
        std::size_t depth = 0;
        while (at_ < text_.size()) {
            if (next_is("/*")) {
                ++depth;
                at_ += 2;
            } else if (next_is("*/")) {
                at_ += 2;
                if (--depth == 0) return;
            } else {
                ++at_;
            }
        }
    }

    void skip_string(bool escaped) noexcept {
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\\') {
                ++at_;
                const bool unclear = !escaped && at_ < text_.size() && text_[at_] == '\'';
                if (unclear) break;  // the end of it, or not: that is the server's setting
            } else if (text_[at_] == '\'') {
                if (++at_ >= text_.size() || text_[at_] != '\'') return;
            }
        }
        at_ = text_.size();
    }

    void name() {
        const auto begin = at_++;
        while (at_ < text_.size() && text_[at_] != '"')
            ++at_;
        if (at_ == text_.size()) {  // it does not end: it may be anything
            put("?");
            return;
        }
        const auto whole = text_.substr(begin, ++at_ - begin);
        const bool odd = std::ranges::any_of(whole, [](char c) {
            return c == '\'' || (is_space(c) && c != ' ');
        });
        put(odd ? "?" : whole);  // it may be half of something else
    }

    void dollar() {
        auto end = at_ + 1;
        if (end < text_.size() && is_digit(text_[end])) {  // a parameter
            while (end < text_.size() && is_digit(text_[end]))
                ++end;
            put(text_.substr(at_, end - at_));
            at_ = end;
            return;
        }
        while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end])))
            ++end;
        if (end == text_.size() || text_[end] != '$') {
            put("?");
            at_ = end;
            return;
        }
        const auto tag = text_.substr(at_, end + 1 - at_);
        const auto close = text_.find(tag, end + 1);
        at_ = close == text_.npos ? text_.size() : close + tag.size();
        put("?");
    }

    void number() {
        while (at_ < text_.size() &&
               (is_digit(text_[at_]) || is_letter(text_[at_]) || text_[at_] == '.' ||
                ((text_[at_] == '+' || text_[at_] == '-') &&
                 (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E'))))
            ++at_;
        put("?");
    }

    void word() {
        const auto begin = at_;
        while (at_ < text_.size() &&
               (is_letter(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '$'))
            ++at_;
        if (at_ < text_.size() && text_[at_] == '\'') {  // E'', B'', X'', N'': one literal
            const auto prefix = text_.substr(begin, at_ - begin);
            skip_string(prefix == "E" || prefix == "e");
            put("?");
            return;
        }
        put(text_.substr(begin, at_ - begin));
    }

    std::string_view text_;
    std::size_t most_;
    std::size_t at_ = 0;
    std::string out_;
    bool gap_ = false;
    bool full_ = false;
};

}  // namespace

std::string without_literals(std::string_view statement, std::size_t most) {
    return scanner{statement, most}.run();
}

std::string verb_of(std::string_view statement) {
    auto first = without_literals(statement, verb_max);
    const auto end = std::ranges::find_if_not(first, is_letter);
    first.erase(end, first.end());
    std::ranges::transform(first, first.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return first.empty() ? "?" : first;
}

}  // namespace curfew::pg
