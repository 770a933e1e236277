#include "building.hpp"
#include "safe_text.hpp"
#include "sensor.hpp"
#include <curfew/policy/suggest.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <expected>
#include <optional>
#include <utility>

namespace curfew::policy {

namespace {

constexpr duration longest_reading = std::chrono::hours{1};
constexpr std::int64_t whole_share = 1'000'000;
constexpr double multiplier_least = 0.1;
constexpr double multiplier_most = 10;
constexpr std::string_view how_stretch = "write it as \"database.connection x1.5\"";

using unexpected_text = std::unexpected<text_problem>;

std::string code(std::string_view text) {
    return '`' + safe_text(text, 0, 80).text + '`';
}

std::string path_of(const signal_policy& signal, std::string_view tail) {
    return ("signal." + signal.name + '.').append(tail);
}

bool read_reading(
    building& of,
    const std::string& path,
    const sensor_row& row,
    const std::string& text,
    std::int64_t& to
) {
    const bool is_time = row.unit == measure::time;
    auto parsed = parse_value(row.unit, text);
    if (parsed && is_time && *parsed > longest_reading.count()) {
        parsed = unexpected_text{{"it is longer than 1h", {}}};
    }
    if (parsed) {
        to = *parsed;
        return true;
    }
    const auto& [sentence, hint] = parsed.error();
    of.wrong().add(
        of.setter(path),
        code(path) + " cannot be " + code(text) + ": " + sentence,
        is_time ? hint : "write it as " + std::string{row.begins}
    );
    return false;
}

/// Of two of which only one was said the other gives way, as far as there is room.
void settle_readings(building& of, signal_policy& signal, const sensor_row& row) {
    const auto begins = path_of(signal, "begins");
    const auto full = path_of(signal, "full");
    const bool begins_said = !signal.begins.empty();
    const bool full_said = !signal.full.empty();
    std::string why_begins = "the sensor's own";
    std::string why_full = why_begins;
    if (!begins_said) signal.begins_at = *parse_value(row.unit, row.begins);
    if (!full_said) signal.full_at = *parse_value(row.unit, row.full);
    if (signal.begins_at >= signal.full_at && !full_said) {
        signal.full_at = row.unit == measure::share ? whole_share : signal.begins_at * 2;
        why_full = "gave way to " + begins;
    } else if (signal.begins_at >= signal.full_at && !begins_said) {
        signal.begins_at = signal.full_at / 2;
        why_begins = "gave way to " + full;
    }
    const auto told = [&](const std::string& path, std::int64_t value) {
        return code(path) + " (" + print_value(row.unit, value) + ')';
    };
    if (signal.begins_at >= signal.full_at) {
        of.wrong().add(
            of.setter(begins_said ? begins : full),
            told(begins, signal.begins_at) + " must be less than " + told(full, signal.full_at),
            "between the two its value rises from 0 to 1"
        );
        return;
    }
    if (!begins_said) {
        signal.begins = print_value(row.unit, signal.begins_at);
        of.derive(begins, why_begins);
    }
    if (!full_said) {
        signal.full = print_value(row.unit, signal.full_at);
        of.derive(full, why_full);
    }
}

void read_readings(building& of, signal_policy& signal) {
    const auto& row = row_of(signal.source);
    bool good = true;
    for (const auto& [tail, text, to] :
         {std::tuple{"begins", &signal.begins, &signal.begins_at},
          std::tuple{"full", &signal.full, &signal.full_at}}) {
        if (text->empty()) continue;
        const auto path = path_of(signal, tail);
        if (row.unit != measure::nothing) {
            good = read_reading(of, path, row, *text, *to) && good;
            continue;
        }
        of.wrong().add(
            of.setter(path),
            code(path) + " is a reading, but " + code("signal." + signal.name) + " has no sensor",
            "leave it out, or say its `sensor`"
        );
    }
    if (good && row.unit != measure::nothing) settle_readings(of, signal, row);
}

std::optional<double> parse_multiplier(std::string_view text) {
    if (!text.starts_with('x')) return std::nullopt;
    double number = 0;
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + 1, end, number);
    const bool in_range = number >= multiplier_least && number <= multiplier_most;
    const bool whole = read.ec == std::errc{} && read.ptr == end;
    return whole && in_range ? std::optional{number} : std::nullopt;
}

bool is_time(const key& which) {
    static blank fresh;
    return std::holds_alternative<duration*>(which.place(fresh.all()));
}

/// Why a signal cannot stretch it.
std::optional<text_problem> refuse_key(std::string_view path) {
    if (const auto* kind = kind_of(path)) {
        return text_problem{
            code(path) + " is of " + std::string{kind->one},
            "a signal stretches times of the policy itself, such as `database.connection`"
        };
    }
    const auto* which = find_key(path);
    if (which != nullptr && is_time(*which)) {
        if (!which->needs_restart()) return std::nullopt;
        return text_problem{
            code(path) + " is read at the start only, so nothing can stretch it",
            "a signal stretches times that a reload can change"
        };
    }
    if (which != nullptr) {
        return text_problem{code(path) + " is no time", "a signal stretches times alone"};
    }
    std::vector<std::string_view> times;
    for (const auto& each : keys()) {
        if (!each.is_named() && !each.needs_restart() && is_time(each)) times.push_back(each.path);
    }
    const auto near = closest(path, times);
    return text_problem{
        "there is no key " + code(path),
        near ? "did you mean " + code(*near) + '?' : "`curfew help policy` lists the keys"
    };
}

std::expected<stretch, text_problem> parse_stretch(std::string_view text, bool allow_shrink) {
    const auto space = std::min(text.find(' '), text.size());
    const auto path = text.substr(0, space);
    const auto word = text.substr(std::min(text.find_first_not_of(' ', space), text.size()));
    if (word.empty()) {
        return unexpected_text{{code(text) + " does not say how far", std::string{how_stretch}}};
    }
    if (auto wrong = refuse_key(path)) return unexpected_text{*std::move(wrong)};
    const auto multiplier = parse_multiplier(word);
    if (!multiplier) {
        return unexpected_text{
            {code(word) + " of " + code(path) + " is no factor from x0.1 to x10",
             std::string{how_stretch}}
        };
    }
    if (*multiplier < 1 && !allow_shrink) {
        return unexpected_text{
            {code(word) + " would make " + code(path) + " shorter",
             "write allow_shrink = true if it is meant"}
        };
    }
    return stretch{std::string{path}, *multiplier};
}

void read_stretches(building& of, signal_policy& signal) {
    const auto path = path_of(signal, "stretches");
    const auto add = [&](const text_problem& wrong) {
        of.wrong().add(of.setter(path), code(path) + ": " + wrong.sentence, wrong.hint);
    };
    for (const auto& text : signal.stretches) {
        auto read = parse_stretch(text, signal.allow_shrink);
        if (!read) {
            add(read.error());
        } else if (std::ranges::find(signal.stretched, read->key, &stretch::key) !=
                   signal.stretched.end()) {
            add({code(read->key) + " stands there twice", "write it once"});
        } else {
            signal.stretched.push_back(*std::move(read));
        }
    }
}

}  // namespace

void check_signals(building& of) {
    for (auto& signal : of.made.signals) {
        read_readings(of, signal);
        read_stretches(of, signal);
    }
}

}  // namespace curfew::policy
