#include "stretch.hpp"

#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/suggest.hpp>

#include <charconv>
#include <chrono>
#include <utility>
#include <vector>

namespace curfew::cli {

namespace {

using std::chrono::minutes;

constexpr auto longest = std::chrono::days{3650};

std::string quoted(std::string_view text) {
    return '`' + std::string{text} + '`';
}

}  // namespace

std::unexpected<usage_problem> wrong(std::string sentence, std::string hint) {
    return std::unexpected{usage_problem{std::move(sentence), std::move(hint)}};
}

std::expected<duration, usage_problem> span_of(std::string_view flag, std::string_view text) {
    const std::string name{flag};
    const auto outside = [&] {
        return wrong(name + " is from one minute to 3650 days, not " + quoted(text), name + " 90d");
    };
    std::uint64_t days = 0;
    std::string_view rest = text;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
    if (error != std::errc::invalid_argument && end != text.data() + text.size() && *end == 'd') {
        rest = text.substr(static_cast<std::size_t>(end - text.data()) + 1);
    } else {
        days = 0;
    }
    if (error == std::errc::result_out_of_range || days > longest.count()) {
        return outside();
    }
    const auto parsed =
        rest.empty() && rest.size() < text.size() ? duration::zero() : policy::parse_duration(rest);
    if (!parsed) {
        return wrong(
            name + ": " + quoted(text) + " is no stretch of time: " + parsed.error().sentence,
            "such as 7d, 1d12h, 24h, 90m"
        );
    }
    if (*parsed > longest) {
        return outside();
    }
    const duration all = std::chrono::days{days} + *parsed;
    if (all < minutes{1} || all > longest) {
        return outside();
    }
    return all;
}

std::expected<std::optional<surface>, usage_problem> surface_of(
    const std::string& name, surfaces which
) {
    if (name.empty()) {
        return std::nullopt;
    }
    const auto last = which == surfaces::all ? surface::policy : surface::startup;
    std::vector<std::string_view> known;
    for (int i = 0; i <= static_cast<int>(last); ++i) {
        known.push_back(to_string(static_cast<surface>(i)));
        if (known.back() == name) {
            return static_cast<surface>(i);
        }
    }
    if (name == to_string(surface::policy) || name == to_string(surface::supervisor)) {
        return wrong(
            "the surface `" + name + "` has no operations, only steps",
            "`curfew report --surface " + name + "` lists them"
        );
    }
    const auto near = policy::closest(name, known);
    std::string hint = near ? "did you mean " + std::string{*near} + '?' : "one of:";
    for (std::size_t i = 0; !near && i < known.size(); ++i) {
        hint.append(" ").append(known[i]);
    }
    return wrong("there is no surface `" + name + '`', std::move(hint));
}

}  // namespace curfew::cli
