#include "http1_bytes.hpp"
#include <curfew/protocol/http1_field.hpp>

#include <algorithm>
#include <array>

namespace curfew::http1 {

namespace {

constexpr std::array<std::string_view, field_id_count> spellings{
    "",
    "Accept",
    "Accept-Encoding",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Date",
    "ETag",
    "Expect",
    "Forwarded",
    "grpc-timeout",
    "Host",
    "Idempotency-Key",
    "Keep-Alive",
    "Last-Event-ID",
    "Location",
    "Max-Forwards",
    "Origin",
    "Proxy",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Range",
    "Referer",
    "Retry-After",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "Server",
    "Set-Cookie",
    "TE",
    "traceparent",
    "tracestate",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "User-Agent",
    "Via",
    "X-Client-IP",
    "X-Curfew-Timeout-Ms",
    "X-Envoy-Expected-Rq-Timeout-Ms",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Original-URL",
    "X-Real-IP",
    "X-Request-ID",
    "X-Request-Timeout",
    "X-Rewrite-URL",
};

constexpr std::size_t longest_name =
    std::ranges::max(spellings, {}, &std::string_view::size).size();

struct known_name {
    std::array<char, longest_name + 1> text{};  // lower case
    std::uint8_t size = 0;
};

consteval auto make_known_names() {
    std::array<known_name, field_id_count> names{};
    for (std::size_t id = 0; id < field_id_count; ++id) {
        names[id].size = static_cast<std::uint8_t>(spellings[id].size());
        std::ranges::transform(spellings[id], names[id].text.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        });
    }
    return names;
}

constexpr auto known_names = make_known_names();

// Length and three characters, which tell all known names apart; the factors came from a search.
constexpr std::size_t slots = 128;

constexpr std::size_t slot_of(const char* name, std::size_t size) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned>(name[i] | 0x20) & 0xffu; };
    return (size * 43 + at(0) * 85 + at(size - 2) * 4 + at(size / 2) * 5) % slots;
}

consteval auto make_slots() {
    std::array<field_id, slots> ids{};
    for (std::size_t id = 1; id < field_id_count; ++id) {
        auto& slot = ids[slot_of(known_names[id].text.data(), known_names[id].size)];
        if (slot != field_id::other) throw "two known names share a slot: search new factors";
        slot = static_cast<field_id>(id);
    }
    return ids;
}

constexpr auto id_of_slot = make_slots();

// Exact for tokens: no token character but the upper-case letter itself becomes, with bit 5 set, a
// character of a known name.
bool matches(const char* token, const char* known, std::size_t size) noexcept {
    constexpr std::uint64_t lower = 0x2020202020202020;
    if (size < 8) {
        for (std::size_t i = 0; i < size; ++i) {
            if ((token[i] | 0x20) != known[i]) return false;
        }
        return true;
    }
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i + 8 < size; i += 8) {
        difference |= (detail::load_eight(token + i) | lower) ^ detail::load_eight(known + i);
    }
    const std::size_t last = size - 8;
    difference |= (detail::load_eight(token + last) | lower) ^ detail::load_eight(known + last);
    return difference == 0;
}

}  // namespace

std::string_view to_string(field_id id) noexcept {
    return spellings[static_cast<std::size_t>(id)];
}

field_id detail::find_token_id(std::string_view token) noexcept {
    if (token.size() < 2 || token.size() > longest_name) return field_id::other;
    const field_id id = id_of_slot[slot_of(token.data(), token.size())];
    const known_name& known = known_names[static_cast<std::size_t>(id)];
    if (known.size != token.size()) return field_id::other;
    return matches(token.data(), known.text.data(), token.size()) ? id : field_id::other;
}

field_id find_field_id(std::string_view name) noexcept {
    return is_token(name) ? detail::find_token_id(name) : field_id::other;
}

const field* field_list::find(field_id id) const noexcept {
    if (!present.contains(id)) return nullptr;
    const auto found = std::ranges::find(all, id, &field::id);
    return found == all.end() ? nullptr : &*found;
}

std::string_view field_list::value(field_id id) const noexcept {
    const field* found = find(id);
    return found == nullptr ? std::string_view{} : found->value;
}

bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    };
    return std::ranges::equal(left, right, {}, lower, lower);
}

bool is_token(std::string_view text) noexcept {
    return !text.empty() && detail::all_of(text, detail::in_token);
}

bool is_field_value(std::string_view text) noexcept {
    const char* const end = text.data() + text.size();
    return detail::find_control(text.data(), end) == end;
}

std::string_view next_element(std::string_view& list) noexcept {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        const std::string_view element = detail::trim(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
        if (!element.empty()) return element;
    }
    return {};
}

bool has_element(std::string_view list, std::string_view token) noexcept {
    for (auto element = next_element(list); !element.empty(); element = next_element(list)) {
        if (equals_ignoring_case(element, token)) return true;
    }
    return false;
}

}  // namespace curfew::http1
