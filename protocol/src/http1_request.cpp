#include "http1_bytes.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/protocol/http1_parser.hpp>

#include <algorithm>

namespace curfew::http1 {

using namespace detail;

namespace {

constexpr std::size_t longest_method = 32;
constexpr std::string_view version_1_1 = "HTTP/1.1";

// What a request line holds besides its target: method, two spaces, version, CRLF.
constexpr std::size_t around_target = longest_method + 2 + version_1_1.size() + 2;

// RFC 9110, 2.5: a higher minor version is read as the highest we know of its major one.
violation read_version(std::string_view text, std::uint8_t& minor) noexcept {
    if (text == version_1_1) {
        minor = 1;
        return violation::none;
    }
    const bool well_formed = text.size() == version_1_1.size() && text.starts_with("HTTP/") &&
                             is(text[5], in_digit) && text[6] == '.' && is(text[7], in_digit);
    if (!well_formed) return violation::version_malformed;
    minor = text[7] == '0' ? 0 : 1;
    return text[5] == '1' ? violation::none : violation::version_unsupported;
}

/// A server may ignore it (RFC 9110, 7.8), and who asks for h2c speaks HTTP/1.1 just as well.
bool asks_for_h2c_only(const field_list& fields) noexcept {
    bool asks = false;
    for (const auto& each : fields) {
        if (each.id != field_id::upgrade) continue;
        std::string_view rest = each.value;
        for (auto name = next_element(rest); !name.empty(); name = next_element(rest)) {
            if (!equals_ignoring_case(name, "h2c")) return false;
            asks = true;
        }
    }
    return asks;
}

}  // namespace

void request_parser::reset() noexcept {
    restart();
    head_ = {};
    empty_line_seen_ = false;
}

progress request_parser::step(std::string_view buffered) noexcept {
    if (progress_ != progress::need_more) return progress_;
    expects(buffered.size() >= scanned_, "head parser: bytes already shown stay in front");
    if (has_moved(buffered)) {
        rebase(buffered);
        for (auto* view :
             {&head_.method_name, &head_.target, &head_.path, &head_.query, &head_.host}) {
            shift(*view, buffered);
        }
    }
    base_ = buffered.data();
    if (!start_line_seen_ && take_request_line(buffered) != progress::done) return progress_;
    if (take_fields(buffered) == progress::done && conclude()) progress_ = progress::done;
    return progress_;
}

bool request_parser::take_first_byte(std::string_view buffered) noexcept {
    const char first = buffered[line_begin_];
    if (is(first, in_token) || first == '\r') return true;
    if (first == '\n') return refuse(violation::bare_lf);
    if (first == '\x16' || first == '\x15') return refuse(violation::tls_hello);
    return refuse(first == ' ' || first == '\t' ? violation::start_line : violation::not_http);
}

progress request_parser::take_request_line(std::string_view buffered) noexcept {
    while (line_begin_ < buffered.size()) {
        if (scanned_ == line_begin_ && !take_first_byte(buffered)) return progress::failed;
        std::string_view line;
        const std::size_t bound =
            std::min(line_begin_ + limits_.target_bytes + around_target, limits_.head_bytes);
        const auto state = next_line(buffered, bound, violation::target_too_long, line);
        if (state == line_state::partial) return progress::need_more;
        if (state == line_state::refused) return progress::failed;
        if (!line.empty()) {
            start_line_seen_ = true;
            return parse_request_line(line) ? progress::done : progress::failed;
        }
        if (empty_line_seen_) {
            refuse(violation::leading_empty_lines);
            return progress::failed;
        }
        empty_line_seen_ = true;
    }
    return progress::need_more;
}

bool request_parser::parse_request_line(std::string_view line) noexcept {
    const char* const method_end = skip_to_stop(line.data(), in_token);
    const auto method_size = static_cast<std::size_t>(method_end - line.data());
    if (method_size == 0 || *method_end != ' ') return refuse(violation::start_line);
    const std::string_view rest = line.substr(method_size + 1);
    const std::size_t space = rest.find(' ');
    if (space == 0 || space == std::string_view::npos) return refuse(violation::start_line);
    head_.method_name = line.substr(0, method_size);
    head_.method = find_method_id(head_.method_name);
    head_.target = rest.substr(0, space);

    const violation version = read_version(rest.substr(space + 1), head_.minor_version);
    if (version == violation::version_unsupported && head_.method_name == "PRI") {
        return refuse(violation::http2_preface);
    }
    if (version != violation::none) return refuse(version);
    if (method_size > longest_method) return refuse(violation::method_too_long);
    if (head_.target.size() > limits_.target_bytes) return refuse(violation::target_too_long);
    if (head_.method == method_id::connect) return refuse(violation::connect);
    return parse_target() || refuse(violation::target);
}

bool request_parser::parse_target() noexcept {
    if (head_.target.front() == '/') {
        head_.form = target_form::origin;
        return split_path(head_.target);
    }
    if (head_.target == "*") {
        head_.form = target_form::asterisk;
        head_.path = head_.target;
        return head_.method == method_id::options;
    }
    head_.form = target_form::absolute;
    return parse_absolute_target();
}

bool request_parser::parse_absolute_target() noexcept {
    const std::size_t colon = head_.target.find("://");
    if (colon == std::string_view::npos) return false;
    const std::string_view scheme = head_.target.substr(0, colon);
    if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) {
        return false;
    }
    const std::string_view rest = head_.target.substr(colon + 3);
    const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
    head_.host = rest.substr(0, authority_end);
    if (!is_authority(head_.host)) return false;
    if (!split_path(rest.substr(authority_end))) return false;
    if (head_.path.empty()) {
        // RFC 9112, 3.2.4: OPTIONS for a whole server is passed on as `*`.
        head_.path = head_.method == method_id::options && !head_.has_query ? "*" : "/";
    }
    return true;
}

bool request_parser::split_path(std::string_view text) noexcept {
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const char* const path_end = skip_to_stop(begin, in_path);  // a space follows
    const auto path_size = static_cast<std::size_t>(path_end - begin);
    head_.path = text.substr(0, path_size);
    if (path_end == end) return true;
    if (*path_end != '?') return false;
    head_.has_query = true;
    head_.query = text.substr(path_size + 1);
    return all_of(head_.query, in_query);
}

bool request_parser::conclude() noexcept {
    if (!conclude_fields(head_.minor_version)) return false;
    if (coding_ == coding_state::chunked) {
        head_.body = {body_kind::chunked, 0};
    } else if (present_.contains(field_id::content_length)) {
        head_.body = {body_kind::length, content_length_};
    }
    head_.fields = fields();
    head_.keep_alive = keeps_alive(head_.minor_version);
    head_.upgrade = says_upgrade_ && head_.minor_version == 1 &&
                    present_.contains(field_id::upgrade) && !asks_for_h2c_only(head_.fields);
    return settle_host() && settle_expectation();
}

bool request_parser::settle_host() noexcept {
    if (!present_.contains(field_id::host)) {
        return head_.minor_version == 0 || refuse(violation::host_missing);
    }
    if (head_.form != target_form::absolute) head_.host = head_.fields.value(field_id::host);
    return true;
}

// RFC 9110, 10.1.1: ignored on 1.0, and pointless without a body.
bool request_parser::settle_expectation() noexcept {
    if (!present_.contains(field_id::expect) || head_.minor_version == 0) return true;
    for (const field& one : head_.fields) {
        if (one.id == field_id::expect && !equals_ignoring_case(one.value, "100-continue")) {
            return refuse(violation::expectation);
        }
    }
    head_.expect_continue = !head_.body.empty();
    return true;
}

}  // namespace curfew::http1
