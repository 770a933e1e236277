#include <curfew/admin/json_writer.hpp>
#include <curfew/admin/pressure_page.hpp>
#include <curfew/admin/terminal_text.hpp>

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace curfew::admin {

namespace {

using policy::text_problem;
using namespace std::chrono_literals;

constexpr duration shortest_lease = 1s;

constexpr std::string_view how = R"(such as {"value": 1, "lease": "5m"})";

std::unexpected<text_problem> wrong(std::string sentence, std::string_view hint = how) {
    return std::unexpected{text_problem{std::move(sentence), std::string{hint}}};
}

std::expected<duration, text_problem> read_lease(std::string_view text, duration longest) {
    const auto lease = policy::parse_duration(text);
    if (!lease) {
        return wrong("`lease`: " + lease.error().sentence, lease.error().hint);
    }
    if (*lease < shortest_lease || *lease > longest) {
        return wrong(
            "`lease` is from 1s to " + policy::format_duration(longest) +
                ", so that nothing is told for ever",
            "tell it again before it ends; `pressure.lease_max` is the longest"
        );
    }
    return *lease;
}

std::string percent(double share) {
    return std::to_string(std::lround(100 * share)) + " %";
}

std::string stretches(const gateway::pressure_snapshot& of) {
    std::string text;
    for (const std::string& each : of.stretches) {
        (text += text.empty() ? "" : ", ") += terminal_text(each);
    }
    return text;
}

}  // namespace

std::expected<told_pressure, text_problem> read_told_pressure(
    std::string_view body, duration longest
) {
    simdjson::dom::parser parser;
    simdjson::dom::object members;
    const simdjson::padded_string padded{body};
    if (parser.parse(padded).get(members) != simdjson::SUCCESS) {
        return wrong("the body is no JSON object");
    }
    told_pressure made{.value = -1, .lease = std::min(usual_lease, longest)};
    for (const auto& [name, content] : members) {
        std::string_view text;
        if (name == "value") {
            const bool is_number = content.get(made.value) == simdjson::SUCCESS;
            if (!is_number || !(made.value >= 0 && made.value <= 1)) {
                return wrong("`value` is a number from 0 to 1");
            }
        } else if (name == "lease" && content.get(text) == simdjson::SUCCESS) {
            const auto lease = read_lease(text, longest);
            if (!lease) {
                return std::unexpected{lease.error()};
            }
            made.lease = *lease;
        } else {
            return wrong(
                name == "lease" ? "`lease` is a text"
                                : "there is no `" + std::string{name.substr(0, 40)} + "` here"
            );
        }
    }
    return made.value < 0 ? wrong("`value` is missing")
                          : std::expected<told_pressure, text_problem>{made};
}

std::string render_pressure(std::span<const gateway::pressure_snapshot> signals) {
    json_writer out;
    out.begin_object();
    out.key("signals");
    out.begin_array();
    for (const auto& each : signals) {
        out.begin_object();
        out.member("name", each.name);
        out.member("value", each.value);
        out.member("told", each.told);
        out.key("expires_s");
        out.value(
            each.expires ? std::optional{std::chrono::duration<double>{*each.expires}.count()}
                         : std::nullopt
        );
        out.key("stretches");
        out.begin_array();
        for (const std::string& stretch : each.stretches) {
            out.value(stretch);
        }
        out.end_array();
        out.end_object();
    }
    out.end_array();
    out.end_object();
    return std::move(out).take();
}

std::string render_pressure_text(std::span<const gateway::pressure_snapshot> signals) {
    std::size_t widest = 0;
    for (const auto& each : signals) {
        widest = std::max(widest, each.name.size());
    }
    std::string text;
    for (const auto& each : signals) {
        std::string line = fit(each.name, widest) + fit(percent(each.value), 7, align::right);
        if (each.told != each.value) {
            line += ", told " + percent(each.told);
        }
        if (each.expires) {
            const auto left = std::chrono::ceil<std::chrono::seconds>(*each.expires);
            line += ", for " + policy::format_duration(left);
        }
        const std::string what = stretches(each);
        text += line + (what.empty() ? "" : "  stretches " + what) + '\n';
    }
    return text;
}

}  // namespace curfew::admin
