#include <curfew/gateway/deadline_fields.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace curfew::gateway {

namespace {

using http1::field_id;
using namespace std::chrono_literals;

constexpr duration longest = 24h;

/// Takes the digits off the front, at least one; far more than a day in any unit is enough.
std::optional<std::int64_t> take_digits(std::string_view& text) noexcept {
    constexpr std::int64_t enough = 100'000'000'000'000'000;
    std::int64_t value = 0;
    std::size_t size = 0;
    for (; size < text.size() && text[size] >= '0' && text[size] <= '9'; ++size) {
        if (value < enough) value = value * 10 + (text[size] - '0');
    }
    if (size == 0) return std::nullopt;
    text.remove_prefix(size);
    return value;
}

constexpr duration times(duration unit, std::int64_t count) noexcept {
    return count > longest / unit ? longest : unit * count;
}

/// Takes "2" or "2.5" off the front, in units of `unit`.
std::optional<duration> take_number(std::string_view& text, duration unit) noexcept {
    const auto whole = take_digits(text);
    if (!whole) return std::nullopt;
    auto value = times(unit, *whole);
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        const auto before = text;
        if (!take_digits(text)) return std::nullopt;
        for (const char digit : before.substr(0, before.size() - text.size())) {
            unit /= 10;
            value += unit * (digit - '0');
        }
    }
    return value;
}

std::optional<duration> whole_number(std::string_view text, duration unit) noexcept {
    const auto count = take_digits(text);
    if (!count || !text.empty()) return std::nullopt;
    return times(unit, *count);
}

std::optional<duration> grpc(std::string_view text) noexcept {
    if (text.empty()) return std::nullopt;
    const char unit = text.back();
    text.remove_suffix(1);
    constexpr std::size_t most_digits = 8;
    if (text.size() > most_digits) return std::nullopt;
    switch (unit) {
        case 'H':
            return whole_number(text, 1h);
        case 'M':
            return whole_number(text, 1min);
        case 'S':
            return whole_number(text, 1s);
        case 'm':
            return whole_number(text, 1ms);
        case 'u':
            return whole_number(text, 1us);
        case 'n':
            return whole_number(text, 1ns);
        default:
            return std::nullopt;
    }
}

struct unit {
    std::string_view name;
    duration length;
};

/// "ms" before "m", so that the first name that fits is the right one.
constexpr std::array units{
    unit{"h", 1h}, unit{"ms", 1ms}, unit{"m", 1min}, unit{"s", 1s}, unit{"us", 1us}
};

/// The unit behind the number that `text` begins with.
const unit* find_unit(std::string_view text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of("0123456789."), text.size()));
    const auto found =
        std::ranges::find_if(units, [&](const unit& each) { return text.starts_with(each.name); });
    return found == units.end() ? nullptr : &*found;
}

/// "1m30s": each unit smaller than the one before.
std::optional<duration> duration_text(std::string_view text) noexcept {
    duration sum{};
    duration before = duration::max();
    while (!text.empty()) {
        const auto* in = find_unit(text);
        if (in == nullptr || in->length >= before) return std::nullopt;
        const auto part = take_number(text, in->length);
        if (!part || !text.starts_with(in->name)) return std::nullopt;
        text.remove_prefix(in->name.size());
        before = in->length;
        sum += *part;
    }
    return before == duration::max() ? std::nullopt : std::optional{sum};
}

std::optional<duration> seconds_or_text(std::string_view text) noexcept {
    auto rest = text;
    const auto seconds = take_number(rest, 1s);
    return seconds && rest.empty() ? seconds : duration_text(text);
}

std::optional<duration> without_sign(field_id id, std::string_view value) noexcept {
    switch (id) {
        case field_id::x_curfew_timeout_ms:
        case field_id::x_envoy_expected_rq_timeout_ms:
            return whole_number(value, 1ms);
        case field_id::grpc_timeout:
            return grpc(value);
        case field_id::x_request_timeout:
            return seconds_or_text(value);
        default:
            return std::nullopt;
    }
}

}  // namespace

std::optional<duration> parse_timeout(field_id id, std::string_view value) noexcept {
    const bool negative = value.starts_with('-');
    if (negative) value.remove_prefix(1);
    const auto timeout = without_sign(id, value);
    if (!timeout) return std::nullopt;
    return negative ? duration::zero() : std::min(*timeout, longest);
}

std::optional<callers_timeout> read_callers_timeout(const http1::field_list& fields) noexcept {
    const auto& present = fields.present;
    if (!present.contains(field_id::x_curfew_timeout_ms) &&
        !present.contains(field_id::grpc_timeout) &&
        !present.contains(field_id::x_request_timeout) &&
        !present.contains(field_id::x_envoy_expected_rq_timeout_ms)) {
        return std::nullopt;
    }
    std::optional<callers_timeout> shortest;
    for (const auto& field : fields) {
        const auto timeout = parse_timeout(field.id, field.value);
        if (timeout && (!shortest || *timeout < shortest->timeout)) {
            shortest = {*timeout, field.id};
        }
    }
    return shortest;
}

}  // namespace curfew::gateway
