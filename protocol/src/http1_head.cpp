#include "http1_bytes.hpp"
#include <curfew/protocol/http1_parser.hpp>

#include <algorithm>
#include <charconv>

namespace curfew::http1::detail {

namespace {

constexpr std::uint16_t most_connection_options = 32;

constexpr field_set set_of(std::initializer_list<field_id> ids) noexcept {
    field_set set;
    for (const field_id id : ids)
        set.insert(id);
    return set;
}

constexpr field_set hop_by_hop = set_of({
    field_id::connection,
    field_id::expect,
    field_id::keep_alive,
    field_id::proxy_authenticate,
    field_id::proxy_authorization,
    field_id::proxy_connection,
    field_id::te,
    field_id::trailer,
    field_id::transfer_encoding,
    field_id::upgrade,
});

constexpr field_set decisive = set_of({
    field_id::connection,
    field_id::content_length,
    field_id::host,
    field_id::transfer_encoding,
});

violation judge_field(std::string_view line) noexcept {
    if (is_blank(line.front())) return violation::obs_fold;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return violation::field_without_colon;
    if (colon == 0) return violation::empty_field_name;
    const bool spaced = is_token(trim(line.substr(0, colon)));
    return spaced ? violation::space_before_colon : violation::field_name;
}

violation judge_control(char byte) noexcept {
    switch (byte) {
        case '\n':
            return violation::bare_lf;
        case '\0':
            return violation::nul;
        default:
            return violation::control_byte;
    }
}

}  // namespace

void head_scanner::restart() noexcept {
    base_ = nullptr;
    line_begin_ = 0;
    scanned_ = 0;
    field_count_ = 0;
    content_length_ = 0;
    present_ = {};
    connection_options_ = 0;
    progress_ = progress::need_more;
    why_ = violation::none;
    coding_ = coding_state::absent;
    start_line_seen_ = false;
    says_close_ = false;
    says_keep_alive_ = false;
    says_upgrade_ = false;
    nominates_ = false;
}

bool head_scanner::refuse(violation rule) noexcept {
    why_ = rule;
    progress_ = progress::failed;
    return false;
}

// Addresses as numbers: the old buffer may be gone, so its pointers must not be used as such.
void head_scanner::shift(std::string_view& view, std::string_view buffered) const noexcept {
    const auto old_base = reinterpret_cast<std::uintptr_t>(base_);
    const auto offset = reinterpret_cast<std::uintptr_t>(view.data()) - old_base;
    if (offset < line_begin_) view = buffered.substr(offset, view.size());
}

void head_scanner::rebase(std::string_view buffered) noexcept {
    for (field& one : storage_.first(field_count_)) {
        shift(one.name, buffered);
        shift(one.value, buffered);
    }
}

head_scanner::line_state head_scanner::next_line(
    std::string_view buffered, std::size_t bound, violation when_longer, std::string_view& line
) noexcept {
    const std::size_t end = std::min(bound, buffered.size());
    const char* const base = buffered.data();
    const char* const stop = find_control(base + scanned_, base + end);
    scanned_ = static_cast<std::size_t>(stop - base);
    if (scanned_ == end || (*stop == '\r' && scanned_ + 1 == end)) {
        if (end < bound) return line_state::partial;
        refuse(when_longer);
        return line_state::refused;
    }
    if (stop[0] != '\r' || stop[1] != '\n') {
        refuse(stop[0] == '\r' ? violation::bare_cr : judge_control(stop[0]));
        return line_state::refused;
    }
    line = {base + line_begin_, stop};
    scanned_ += 2;
    line_begin_ = scanned_;
    return line_state::whole;
}

progress head_scanner::take_fields(std::string_view buffered) noexcept {
    while (true) {
        std::string_view line;
        const auto state = next_line(buffered, limits_.head_bytes, violation::head_too_large, line);
        if (state == line_state::partial) return progress::need_more;
        if (state == line_state::refused) return progress::failed;
        if (line.empty()) return progress::done;
        if (!take_field(line)) return progress::failed;
    }
}

bool head_scanner::take_field(std::string_view line) noexcept {
    const char* const begin = line.data();
    const char* const colon = skip_to_stop(begin, in_token);  // the CR stops it
    if (colon == begin || *colon != ':') return refuse(judge_field(line));
    if (field_count_ == std::min(storage_.size(), limits_.field_count)) {
        return refuse(violation::too_many_fields);
    }

    field& parsed = storage_[field_count_++];
    parsed.name = {begin, colon};
    parsed.value = trim({colon + 1, begin + line.size()});
    parsed.id = find_token_id(parsed.name);
    parsed.hop_by_hop = hop_by_hop.contains(parsed.id);
    parsed.has_underscore = parsed.id == field_id::other && parsed.name.contains('_');
    if (decisive.contains(parsed.id) && !interpret(parsed)) return false;
    present_.insert(parsed.id);
    return true;
}

bool head_scanner::interpret(const field& parsed) noexcept {
    switch (parsed.id) {
        case field_id::connection:
            return take_connection(parsed.value);
        case field_id::content_length:
            return take_content_length(parsed.value);
        case field_id::transfer_encoding:
            take_transfer_encoding(parsed.value);
            return true;
        case field_id::host:
            if (present_.contains(field_id::host)) return refuse(violation::host_repeated);
            return is_authority(parsed.value) || refuse(violation::host_invalid);
        default:
            return true;
    }
}

bool head_scanner::take_content_length(std::string_view value) noexcept {
    if (present_.contains(field_id::content_length)) return refuse(violation::length_repeated);
    if (value.empty() || value.size() > 19 || !all_of(value, in_digit)) {
        return refuse(violation::length_invalid);
    }
    std::from_chars(value.data(), value.data() + value.size(), content_length_);
    return true;
}

void head_scanner::take_transfer_encoding(std::string_view value) noexcept {
    bool more = true;
    while (more) {
        const std::size_t comma = value.find(',');
        more = comma != std::string_view::npos;
        const std::string_view coding = trim(value.substr(0, comma));
        value.remove_prefix(more ? comma + 1 : value.size());

        const bool last_was_chunked =
            coding_ == coding_state::chunked || coding_ == coding_state::unknown_chunked;
        if (coding.empty() || last_was_chunked || coding_ == coding_state::broken) {
            coding_ = coding_state::broken;
        } else if (!equals_ignoring_case(coding, "chunked")) {
            coding_ = coding_state::unknown;
        } else if (coding_ == coding_state::absent) {
            coding_ = coding_state::chunked;
        } else {
            coding_ = coding_state::unknown_chunked;
        }
    }
}

bool head_scanner::take_connection(std::string_view value) noexcept {
    for (auto option = next_element(value); !option.empty(); option = next_element(value)) {
        if (++connection_options_ > most_connection_options) {
            return refuse(violation::too_many_connection_options);
        }
        if (equals_ignoring_case(option, "keep-alive")) {
            says_keep_alive_ = true;
        } else if (equals_ignoring_case(option, "close")) {
            says_close_ = true;
        } else if (equals_ignoring_case(option, "upgrade")) {
            says_upgrade_ = true;
        } else {
            nominates_ = true;
        }
    }
    return true;
}

bool head_scanner::conclude_fields(std::uint8_t minor_version) noexcept {
    if (coding_ != coding_state::absent) {
        if (present_.contains(field_id::content_length)) {
            return refuse(violation::length_and_coding);
        }
        if (minor_version == 0) return refuse(violation::coding_on_http_1_0);
        if (coding_ == coding_state::unknown_chunked) return refuse(violation::coding_unknown);
        if (coding_ != coding_state::chunked) return refuse(violation::coding_not_final);
    }
    if (nominates_) mark_nominated();
    return true;
}

// Connection may name only what Curfew does not know: `Connection: close, authorization` must not
// strip what a backend relies on, and the known connection fields are marked already.
void head_scanner::mark_nominated() noexcept {
    const auto all = storage_.first(field_count_);
    for (const field& connection : all) {
        if (connection.id != field_id::connection) continue;
        std::string_view rest = connection.value;
        for (auto option = next_element(rest); !option.empty(); option = next_element(rest)) {
            for (field& one : all) {
                if (one.id == field_id::other && equals_ignoring_case(one.name, option)) {
                    one.hop_by_hop = true;
                }
            }
        }
    }
}

field_list head_scanner::fields() const noexcept {
    return {storage_.first(field_count_), present_};
}

bool head_scanner::keeps_alive(std::uint8_t minor_version) const noexcept {
    return !says_close_ && (minor_version != 0 || says_keep_alive_);
}

bool is_authority(std::string_view text) noexcept {
    std::size_t host_end = 0;
    if (text.starts_with('[')) {
        host_end = text.find(']');
        if (host_end == std::string_view::npos || host_end < 3) return false;
        const auto address = [](char c) { return is(c, in_hex) || c == ':' || c == '.'; };
        if (!std::ranges::all_of(text.substr(1, host_end - 1), address)) return false;
        ++host_end;
    } else {
        const char* const end = skip(text.data(), text.data() + text.size(), in_host);
        host_end = static_cast<std::size_t>(end - text.data());
        if (host_end == 0) return false;
    }
    if (host_end == text.size()) return true;
    if (text[host_end] != ':') return false;
    const std::string_view port = text.substr(host_end + 1);
    unsigned number = 0;
    const auto read = std::from_chars(port.data(), port.data() + port.size(), number);
    return port.empty() || (all_of(port, in_digit) && read.ec == std::errc{} && number <= 65535);
}

}  // namespace curfew::http1::detail
