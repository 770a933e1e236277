#include "http1_bytes.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/protocol/http1_parser.hpp>

namespace curfew::http1 {

using namespace detail;

void response_parser::reset(method_id method) noexcept {
    restart();
    head_ = {};
    method_ = method;
}

progress response_parser::step(std::string_view buffered) noexcept {
    if (progress_ != progress::need_more) return progress_;
    expects(buffered.size() >= scanned_, "head parser: bytes already shown stay in front");
    if (has_moved(buffered)) {
        rebase(buffered);
        shift(head_.reason, buffered);
    }
    base_ = buffered.data();
    if (!start_line_seen_ && take_status_line(buffered) != progress::done) return progress_;
    if (take_fields(buffered) == progress::done && conclude()) progress_ = progress::done;
    return progress_;
}

progress response_parser::take_status_line(std::string_view buffered) noexcept {
    if (buffered.empty()) return progress::need_more;
    if (scanned_ == 0 && buffered.front() != 'H') {
        const bool tls = buffered.front() == '\x15' || buffered.front() == '\x16';
        refuse(tls ? violation::tls_hello : violation::not_http);
        return progress::failed;
    }
    std::string_view line;
    const auto state = next_line(buffered, limits_.head_bytes, violation::head_too_large, line);
    if (state == line_state::partial) return progress::need_more;
    if (state == line_state::refused) return progress::failed;
    start_line_seen_ = true;
    return parse_status_line(line) ? progress::done : progress::failed;
}

bool response_parser::parse_status_line(std::string_view line) noexcept {
    const auto malformed = [&] { return refuse(violation::start_line); };
    if (line.size() < 12 || !line.starts_with("HTTP/") || line[6] != '.' || line[8] != ' ') {
        return malformed();
    }
    const std::string_view version = line.substr(5, 3);
    if (version != "1.1" && version != "1.0") {
        const bool digits = is(version[0], in_digit) && is(version[2], in_digit);
        return digits ? refuse(violation::version_unsupported) : malformed();
    }
    head_.minor_version = version[2] == '1' ? 1 : 0;
    const std::string_view digits = line.substr(9, 3);
    if (!all_of(digits, in_digit) || digits[0] == '0') return malformed();
    head_.status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
    if (line.size() == 12) return true;
    head_.reason = line.substr(13);
    return line[12] == ' ' || malformed();
}

bool response_parser::conclude() noexcept {
    if (!conclude_fields(head_.minor_version) || !settle_body()) return false;
    head_.fields = fields();
    head_.keep_alive = keeps_alive(head_.minor_version) && !head_.tunnel &&
                       head_.body.kind != body_kind::until_close;
    return true;
}

// RFC 9112, 6.3.
bool response_parser::settle_body() noexcept {
    const int status = head_.status;
    const bool connected = method_ == method_id::connect && status / 100 == 2;
    head_.tunnel = status == 101 || connected;
    const bool never_has_body = status < 200 || status == 204 || connected;
    if (never_has_body && coding_ != coding_state::absent) {
        return refuse(violation::coding_without_body);
    }
    if (never_has_body || status == 304 || method_ == method_id::head) {
        head_.body = {body_kind::none, 0};
    } else if (coding_ == coding_state::chunked) {
        head_.body = {body_kind::chunked, 0};
    } else if (present_.contains(field_id::content_length)) {
        head_.body = {body_kind::length, content_length_};
    } else {
        head_.body = {body_kind::until_close, 0};
    }
    return true;
}

}  // namespace curfew::http1
