#include "safe_text.hpp"
#include <curfew/policy/condition.hpp>
#include <curfew/policy/suggest.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace curfew::policy {

namespace {

constexpr std::int64_t million = 1'000'000;
constexpr std::int64_t whole_max = 1'000'000'000;
constexpr duration count_window = std::chrono::minutes{10};
constexpr duration longest = std::chrono::hours{24};
constexpr std::size_t text_max = 200;

struct metric_name {
    std::string_view name;
    measure unit;
};

constexpr std::array<metric_name, 14> metrics{{
    {"timeout_rate", measure::share},
    {"failure_rate", measure::share},
    {"refusal_rate", measure::share},
    {"error_rate", measure::share},
    {"near_miss_rate", measure::share},
    {"rate", measure::rate},
    {"p50", measure::time},
    {"p90", measure::time},
    {"p95", measure::time},
    {"p99", measure::time},
    {"restarts", measure::count},
    {"hangs", measure::count},
    {"dropped", measure::count},
    {"ledger_failing", measure::nothing},
}};

constexpr std::array<std::string_view, 4> comparisons{">", ">=", "<", "<="};

constexpr std::string_view example_of(measure unit) noexcept {
    constexpr std::array<std::string_view, 5> examples{"1%", "10/s", "250ms", "3", ""};
    return examples[static_cast<std::size_t>(unit)];
}

using trouble = std::unexpected<text_problem>;

/// "12.5" as millionths, exactly.
std::expected<std::int64_t, text_problem> parse_decimal(std::string_view text) {
    const auto dot = text.find('.');
    const auto whole = text.substr(0, dot);
    const auto rest = dot == text.npos ? std::string_view{} : text.substr(dot + 1);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (whole.empty() || (dot != text.npos && rest.empty()) ||
        !std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(rest, is_digit)) {
        return trouble{{"it is no number", "write it as 0.5"}};
    }
    if (rest.size() > 4) return trouble{{"it has more than four decimals", {}}};
    std::int64_t number = 0;
    const auto read = std::from_chars(whole.data(), whole.data() + whole.size(), number);
    if (read.ec != std::errc{} || number > whole_max) {
        return trouble{{"it is more than 1000000000", {}}};
    }
    std::int64_t part = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        part = part * 10 + (i < rest.size() ? rest[i] - '0' : 0);
    }
    return number * million + part;
}

/// A number with what stands behind it, which it must have.
std::expected<std::int64_t, text_problem> parse_with(
    std::string_view text, std::string_view unit, std::string_view example
) {
    if (!text.ends_with(unit)) {
        return trouble{
            {"its unit is `" + std::string{unit} + '`', "write it as " + std::string{example}}
        };
    }
    return parse_decimal(text.substr(0, text.size() - unit.size()));
}

std::string print_millionths(std::int64_t value) {
    std::string text = std::to_string(value / million);
    std::string part = std::to_string(million + value % million).substr(1);
    part.resize(part.find_last_not_of('0') + 1);
    return part.empty() ? text : (text += '.') += part;
}

/// Cuts a text into words, operators and values, and knows where each stands.
class scanner {
  public:
    explicit scanner(std::string_view text) : text_{text} {}

    struct piece {
        std::string_view text;
        std::size_t at = 0;
    };

    [[nodiscard]] piece next() {
        at_ = std::min(text_.find_first_not_of(' ', at_), text_.size());
        const auto begin = at_;
        const bool is_operator = begin < text_.size() && operators.find(text_[begin]) != npos;
        const auto end = is_operator ? text_.find_first_not_of(operators, begin)
                                     : text_.find_first_of(ends, begin);
        at_ = std::min(end, text_.size());
        return {text_.substr(begin, at_ - begin), begin};
    }

  private:
    static constexpr std::string_view operators = "<>=!~";
    static constexpr std::string_view ends = " <>=!~";
    static constexpr auto npos = std::string_view::npos;

    std::string_view text_;
    std::size_t at_ = 0;
};

std::unexpected<condition_problem> wrong(std::size_t at, std::string sentence, std::string hint) {
    return std::unexpected{condition_problem{{std::move(sentence), std::move(hint)}, at}};
}

std::string code(std::string_view text) {
    return '`' + safe_text(text, 0, 40).text + '`';
}

std::unexpected<condition_problem> unknown_metric(const scanner::piece& word) {
    std::vector<std::string_view> names;
    std::string all;
    for (const auto& each : metrics) {
        names.push_back(each.name);
        (all += all.empty() ? "" : ", ") += each.name;
    }
    if (word.text.empty())
        return wrong(word.at, "there is no condition", "timeout_rate > 1% for 5m");
    const auto near = closest(word.text, names);
    return wrong(
        word.at,
        "there is no metric " + code(word.text),
        near ? "did you mean " + code(*near) + '?' : "the metrics are " + all
    );
}

std::expected<relation, condition_problem> read_comparison(
    const scanner::piece& word, metric which
) {
    const bool either = which == metric::rate;
    const std::string known = either ? ">, >=, < or <=" : "> or >=";
    const auto found = std::ranges::find(comparisons, word.text);
    const auto index = static_cast<std::size_t>(found - comparisons.begin());
    if (found != comparisons.end() && (either || index < 2)) return static_cast<relation>(index);
    const auto name = code(to_string(which));
    if (word.text.empty())
        return wrong(word.at, name + " is compared with nothing", "write " + known);
    return wrong(word.at, name + " is compared by " + known + ", not by " + code(word.text), {});
}

std::expected<duration, condition_problem> read_lasting(scanner& from, const scanner::piece& word) {
    if (word.text != "for") {
        const bool near = edit_distance(word.text, "for") == 1;
        return wrong(
            word.at,
            code(word.text) + " cannot stand here",
            near ? "did you mean `for`?" : "behind the value stands nothing, or: for 5m"
        );
    }
    const auto time = from.next();
    const auto parsed = parse_duration(time.text);
    if (!parsed) {
        return wrong(
            time.at,
            time.text.empty() ? "`for` how long?"
                              : code(time.text) + ": " + parsed.error().sentence,
            time.text.empty() || parsed.error().hint.empty() ? "write it as 5m"
                                                             : parsed.error().hint
        );
    }
    if (*parsed > longest) return wrong(time.at, "it is longer than 24h", {});
    if (const auto rest = from.next(); !rest.text.empty()) {
        return wrong(rest.at, code(rest.text) + " cannot stand here", "one condition an alert");
    }
    return *parsed;
}

}  // namespace

std::string_view to_string(metric which) noexcept {
    return metrics[static_cast<std::size_t>(which)].name;
}

measure measure_of(metric which) noexcept {
    return metrics[static_cast<std::size_t>(which)].unit;
}

bool is_of_operation(metric which) noexcept {
    return which <= metric::p99;
}

std::expected<std::int64_t, text_problem> parse_value(metric which, std::string_view text) {
    return parse_value(measure_of(which), text);
}

std::expected<std::int64_t, text_problem> parse_value(measure unit, std::string_view text) {
    const auto example = example_of(unit);
    switch (unit) {
        case measure::share: {
            auto share = parse_with(text, "%", example);
            if (share && *share > 100 * million) return trouble{{"it is more than 100%", {}}};
            return share ? *share / 100 : share;
        }
        case measure::rate:
            return parse_with(text, "/s", example);
        case measure::time: {
            auto time = parse_duration(text);
            if (!time) return trouble{std::move(time.error())};
            return time->count();
        }
        case measure::count: {
            const auto number = parse_decimal(text);
            if (!number) return number;
            if (*number % million != 0) return trouble{{"it is no whole number", {}}};
            return *number / million;
        }
        case measure::nothing:
            break;
    }
    return trouble{{"it is compared with nothing", {}}};
}

std::expected<condition, condition_problem> parse_condition(std::string_view text) {
    if (text.size() > text_max) return wrong(0, "it is longer than 200 characters", {});
    scanner from{text};
    const auto name = from.next();
    const auto found = std::ranges::find(metrics, name.text, &metric_name::name);
    if (found == metrics.end()) return unknown_metric(name);
    condition made{static_cast<metric>(found - metrics.begin())};
    if (found->unit == measure::count) made.lasting = count_window;
    if (found->unit != measure::nothing) {
        const auto how = read_comparison(from.next(), made.what);
        if (!how) return std::unexpected{how.error()};
        made.how = *how;
        const auto value = from.next();
        const auto number = parse_value(made.what, value.text);
        const std::string example{example_of(found->unit)};
        if (value.text.empty())
            return wrong(value.at, "there is no value", "write it as " + example);
        if (!number) {
            const auto& [sentence, hint] = number.error();
            const auto told = hint.empty() ? "write it as " + example : hint;
            return wrong(value.at, code(value.text) + ": " + sentence, told);
        }
        made.value = *number;
    }
    const auto word = from.next();
    if (word.text.empty()) return made;
    const auto lasting = read_lasting(from, word);
    if (!lasting) return std::unexpected{lasting.error()};
    made.lasting = *lasting;
    if (found->unit == measure::count && made.lasting < std::chrono::seconds{1}) {
        return wrong(word.at, "nothing is counted over so short a time", "write it as for 10m");
    }
    return made;
}

std::string print_value(metric which, std::int64_t value) {
    return print_value(measure_of(which), value);
}

std::string print_value(measure unit, std::int64_t value) {
    switch (unit) {
        case measure::share:
            return print_millionths(value * 100) + '%';
        case measure::rate:
            return print_millionths(value) + "/s";
        case measure::time:
            return format_duration(duration{value});
        case measure::count:
            return std::to_string(value);
        case measure::nothing:
            break;
    }
    return {};
}

std::string print(const condition& what) {
    std::string text{to_string(what.what)};
    if (measure_of(what.what) != measure::nothing) {
        (text += ' ') += comparisons[static_cast<std::size_t>(what.how)];
        (text += ' ') += print_value(what.what, what.value);
    }
    if (what.lasting > duration::zero()) text += " for " + format_duration(what.lasting);
    return text;
}

}  // namespace curfew::policy
