#include "ledger_access.hpp"
#include "output.hpp"
#include "verbs.hpp"
#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/suggest.hpp>
#include <curfew/report/summary.hpp>

#include <charconv>
#include <chrono>

namespace curfew::cli {

namespace {

using std::chrono::minutes;

constexpr auto longest = std::chrono::days{3650};

std::unexpected<usage_problem> wrong(std::string sentence, std::string hint) {
    return std::unexpected{usage_problem{std::move(sentence), std::move(hint)}};
}

/// A duration that may begin with days: "7d", "1d12h", "90m".
std::expected<duration, usage_problem> span_of(std::string_view flag, std::string_view text) {
    const std::string name{flag};
    std::uint32_t days = 0;
    std::string_view rest = text;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
    if (error == std::errc{} && end != text.data() + text.size() && *end == 'd') {
        rest = text.substr(static_cast<std::size_t>(end - text.data()) + 1);
    } else {
        days = 0;
    }
    const auto parsed =
        rest.empty() && rest.size() < text.size() ? duration::zero() : policy::parse_duration(rest);
    if (!parsed) {
        return wrong(
            name + ": `" + std::string{text} +
                "` is no stretch of time: " + parsed.error().sentence,
            "such as 7d, 1d12h, 24h, 90m"
        );
    }
    if (days > longest.count() || *parsed > longest) {
        return wrong(name + " is 3650d at most", name + " 90d");
    }
    const duration all = std::chrono::days{days} + *parsed;
    if (all < minutes{1}) {
        return wrong(name + " is one minute at least", name + " 1h");
    }
    return all;
}

std::expected<std::optional<surface>, usage_problem> surface_of(const std::string& name) {
    if (name.empty()) {
        return std::nullopt;
    }
    std::vector<std::string_view> known;
    for (int i = 0; i <= static_cast<int>(surface::startup); ++i) {
        known.push_back(to_string(static_cast<surface>(i)));
        if (known.back() == name) {
            return static_cast<surface>(i);
        }
    }
    const auto near = policy::closest(name, known);
    std::string hint = near ? "did you mean " + std::string{*near} + '?' : "one of:";
    for (std::size_t i = 0; !near && i < known.size(); ++i) {
        hint.append(" ").append(known[i]);
    }
    return wrong("there is no surface `" + name + '`', std::move(hint));
}

struct asked {
    report::question now;
    std::optional<report::question> before;
    std::string format;
};

std::expected<asked, usage_problem> understand(const invocation& line) {
    asked made;
    const auto since = span_of("--since", line.value("--since", "7d"));
    const auto where = surface_of(line.value("--surface"));
    if (!since || !where) {
        return std::unexpected{since ? where.error() : since.error()};
    }
    // Figures are kept by the minute, so the one that runs is in it.
    const auto end = ledger::begin_of(ledger::minute_of(wall_now()) + 1);
    made.now = {.when = {end - *since, end}, .where = *where};
    if (line.has("--compare")) {
        const auto length = span_of("--compare", line.value("--compare"));
        if (!length) {
            return std::unexpected{length.error()};
        }
        const auto from = made.now.when.from;
        made.before = {.when = {from - *length, from}, .where = *where, .examples = false};
    }
    made.format = line.value("--format", line.has("--json") ? "json" : "text");
    if (made.format != "text" && made.format != "json" && made.format != "html") {
        return wrong("--format is text, json or html, not `" + made.format + '`', "");
    }
    if (line.has("--json") && made.format != "json") {
        return wrong(
            "--json and --format " + made.format + " contradict each other", "leave one out"
        );
    }
    return made;
}

}  // namespace

int report(const invocation& line) {
    const auto what = understand(line);
    if (!what) {
        return complain(what.error());
    }
    auto opened = open_ledger(line);
    if (!opened) {
        return opened.error();
    }
    auto now = report::summarize(opened->book, what->now);
    if (!now) {
        return complain_about_ledger(opened->path, now.error());
    }
    report::comparison made{*std::move(now), std::nullopt};
    made.now.path = opened->path;
    if (what->before) {
        auto before = report::summarize(opened->book, *what->before);
        if (!before) {
            return complain_about_ledger(opened->path, before.error());
        }
        made.before = *std::move(before);
        made.before->path = opened->path;
    }
    print(
        what->format == "json"   ? report::to_json(made)
        : what->format == "html" ? report::to_page(made)
                                 : report::to_text(made)
    );
    return 0;
}

}  // namespace curfew::cli
