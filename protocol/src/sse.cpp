#include <curfew/core/utf8.hpp>
#include <curfew/protocol/sse.hpp>

#include <algorithm>
#include <utility>

namespace curfew::sse {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

bool is_text(std::string_view line) noexcept {
    while (!line.empty()) {
        const std::size_t length = utf8_sequence(line);
        if (length == 0 || line.front() == '\0') {
            return false;
        }
        line.remove_prefix(length);
    }
    return true;
}

}  // namespace

parser::taken parser::step(std::string_view input) {
    taken done;
    if (std::exchange(told_, false)) {
        name_.clear();
        data_.clear();
        data_lines_ = 0;
    }
    while (!failed() && done.consumed < input.size()) {
        const std::string_view rest = input.substr(done.consumed);
        if (after_cr_ && rest.front() != '\n') {
            fail(trouble::bad_line_end);
            break;
        }
        const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
        if (line_.size() + data_.size() + end > limit_) {
            fail(trouble::too_long);
            break;
        }
        line_ += rest.substr(0, end);
        done.consumed += end;
        if (end == rest.size()) {
            break;
        }
        ++done.consumed;
        after_cr_ = rest[end] == '\r';
        if (!after_cr_ && end_line()) {
            told_ = done.complete = true;
            break;
        }
    }
    return done;
}

bool parser::end_line() {
    std::string_view line{line_};
    if (std::exchange(at_start_, false) && line.starts_with(byte_order_mark)) {
        line.remove_prefix(byte_order_mark.size());
    }
    if (!is_text(line)) {
        fail(trouble::bad_text);
        return false;
    }
    heard_ = true;
    if (line.empty()) {
        line_.clear();
        if (data_lines_ > 0) {
            return true;
        }
        name_.clear();
        return false;
    }
    const std::size_t colon = line.find(':');
    std::string_view value = colon == line.npos ? std::string_view{} : line.substr(colon + 1);
    if (value.starts_with(' ')) {
        value.remove_prefix(1);
    }
    take_field(line.substr(0, colon), value);
    line_.clear();
    return false;
}

void parser::take_field(std::string_view field, std::string_view value) {
    if (field == "event") {
        name_ = value;
    } else if (field == "data") {
        if (data_lines_++ > 0) {
            data_ += '\n';
        }
        data_ += value;
    }
}

bool parser::heard() noexcept {
    return std::exchange(heard_, false);
}

void append_event(std::string& to, std::string_view name, std::string_view data) {
    to.append("event: ").append(name).append("\n");
    for (bool more = true; more;) {
        const std::size_t end = data.find('\n');
        more = end != data.npos;
        to.append("data: ").append(data.substr(0, end)).append("\n");
        data.remove_prefix(more ? end + 1 : data.size());
    }
    to += '\n';
}

}  // namespace curfew::sse
