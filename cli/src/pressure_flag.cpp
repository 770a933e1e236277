#include "pressure_flag.hpp"

#include "stretch.hpp"
#include <curfew/policy/suggest.hpp>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace curfew::cli {

namespace {

constexpr std::size_t names_listed = 10;

std::string quoted(std::string_view text) {
    return '`' + std::string{text} + '`';
}

std::unexpected<usage_problem> unknown(std::string_view name, const policy::policy& of) {
    std::vector<std::string_view> known;
    for (const auto& signal : of.signals) {
        known.push_back(signal.name);
    }
    const auto near = policy::closest(name, known);
    std::string hint = near ? "did you mean " + quoted(*near) + '?' : "there is: ";
    for (std::size_t i = 0; !near && i < std::min(known.size(), names_listed); ++i) {
        hint.append(i == 0 ? "" : ", ").append(known[i]);
    }
    return wrong("the policy has no signal " + quoted(name), std::move(hint));
}

std::expected<told_signal, usage_problem> read_one(
    std::string_view text, const policy::policy& of
) {
    const auto equals = std::min(text.find('='), text.size());
    told_signal told{std::string{text.substr(0, equals)}};
    if (told.name.empty()) {
        return wrong("--pressure names no signal", "write --pressure NAME or NAME=VALUE");
    }
    if (std::ranges::find(of.signals, told.name, &policy::signal_policy::name) ==
        of.signals.end()) {
        return unknown(told.name, of);
    }
    if (equals == text.size()) return told;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + equals + 1, end, told.value);
    const bool in_range = told.value >= 0 && told.value <= 1;
    if (read.ec == std::errc{} && read.ptr == end && in_range) return told;
    return wrong(
        "the value of a signal is from 0 to 1, not " + quoted(text.substr(equals + 1)),
        "write --pressure " + told.name + "=0.5"
    );
}

}  // namespace

std::vector<policy::signal_value> signal_values(std::span<const told_signal> told) {
    std::vector<policy::signal_value> all;
    for (const auto& [name, value] : told) {
        all.push_back({name, value});
    }
    return all;
}

std::expected<std::vector<told_signal>, usage_problem> read_pressure(
    std::span<const std::string> flags, const policy::policy& of
) {
    std::vector<told_signal> all;
    for (const std::string_view flag : flags) {
        for (std::size_t at = 0; at <= flag.size();) {
            const auto comma = std::min(flag.find(',', at), flag.size());
            auto told = read_one(flag.substr(at, comma - at), of);
            if (!told) return std::unexpected{std::move(told.error())};
            if (std::ranges::find(all, told->name, &told_signal::name) != all.end()) {
                return wrong("--pressure names " + quoted(told->name) + " twice", "name it once");
            }
            all.push_back(*std::move(told));
            at = comma + 1;
        }
    }
    return all;
}

}  // namespace curfew::cli
