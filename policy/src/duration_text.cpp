#include <curfew/core/expects.hpp>
#include <curfew/policy/duration_text.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace curfew::policy {

namespace {

struct unit {
    std::string_view name;
    std::int64_t nanoseconds;
};

constexpr std::array units{
    unit{"h", 3'600'000'000'000},
    unit{"m", 60'000'000'000},
    unit{"s", 1'000'000'000},
    unit{"ms", 1'000'000},
    unit{"us", 1'000},
    unit{"ns", 1},
};

constexpr std::string_view how = "durations are written 250ms, 5s, 2m or 1h30m";

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::size_t span_of(std::string_view text, bool digits) {
    std::size_t end = 0;
    while (end < text.size() && is_digit(text[end]) == digits) {
        ++end;
    }
    return end;
}

std::unexpected<text_problem> wrong(std::string sentence) {
    return std::unexpected{text_problem{std::move(sentence), std::string{how}}};
}

std::size_t index_of(std::string_view name) {
    std::size_t i = 0;
    while (i < units.size() && units[i].name != name) {
        ++i;
    }
    return i;
}

bool add(std::int64_t& total, std::string_view digits, std::int64_t scale) {
    std::int64_t number = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return read.ec == std::errc{} && !__builtin_mul_overflow(number, scale, &number) &&
           !__builtin_add_overflow(total, number, &total);
}

std::unexpected<text_problem> wrong_unit(std::string_view name) {
    if (name.empty()) return wrong("it has no unit");
    if (name[0] == '.' || name[0] == ',') return wrong("it has a fraction");
    if (name[0] == '-') return wrong("it is negative");
    return wrong("it has a part that is no unit of time");
}

}  // namespace

std::expected<duration, text_problem> parse_duration(std::string_view text) {
    if (text.empty()) return wrong("it is empty");
    std::int64_t total = 0;
    std::size_t next_unit = 0;
    while (!text.empty()) {
        const auto digits = text.substr(0, span_of(text, true));
        text.remove_prefix(digits.size());
        const auto name = text.substr(0, span_of(text, false));
        text.remove_prefix(name.size());
        const auto which = index_of(name);
        if (which == units.size()) return wrong_unit(name);
        if (digits.empty()) return wrong("it has a unit without a number");
        if (which < next_unit) return wrong("its units do not go from large to small, each once");
        if (!add(total, digits, units[which].nanoseconds)) return wrong("it is too long");
        next_unit = which + 1;
    }
    return duration{total};
}

std::string format_duration(duration value) {
    expects(value >= duration::zero(), "a duration in a policy is never negative");
    auto rest = value.count();
    if (rest == 0) return "0s";
    for (const auto& [name, nanoseconds] : units) {
        if (rest % nanoseconds == 0 && rest / nanoseconds <= 100) {
            return std::to_string(rest / nanoseconds) += name;
        }
    }
    std::string text;
    for (const auto& [name, nanoseconds] : units) {
        if (const auto number = rest / nanoseconds; number > 0) {
            (text += std::to_string(number)) += name;
            rest %= nanoseconds;
        }
    }
    return text;
}

std::string duration_figure(duration value) {
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(value).count();
    if (milliseconds < 1000 || milliseconds % 1000 == 0) return format_duration(value);
    std::string text = std::to_string(milliseconds);
    text.insert(text.size() - 3, 1, '.');
    text.erase(text.find_last_not_of('0') + 1);
    return text + " s";
}

}  // namespace curfew::policy
