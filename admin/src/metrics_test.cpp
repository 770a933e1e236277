#include "example_snapshot.hpp"
#include <curfew/admin/health.hpp>
#include <curfew/admin/metrics.hpp>

#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <string>

namespace curfew::admin {
namespace {

using namespace std::chrono_literals;
using simdjson::dom::element;

struct parsed {
    std::map<std::string, std::string> types;
    std::map<std::string, double> values;  ///< by the series as it is written
};

// Name, labels (by the grammar of the format) and value; false if the line breaks the grammar.
bool split(const std::string& line, std::string& series, std::string& value) {
    std::size_t at = line.find_first_of("{ ");
    if (at == line.npos || at == 0) {
        return false;
    }
    if (line[at] == '{') {
        bool quoted = false;
        for (++at; at < line.size() && (quoted || line[at] != '}'); ++at) {
            if (quoted && line[at] == '\\') {
                ++at;
            } else if (line[at] == '"') {
                quoted = !quoted;
            }
        }
        if (at >= line.size()) {
            return false;
        }
        ++at;
    }
    series = line.substr(0, at);
    value = at + 1 < line.size() ? line.substr(at + 1) : "";
    return at < line.size() && line[at] == ' ' && value.find(' ') == value.npos;
}

std::string family_of(const std::string& series, const parsed& page) {
    const std::string name = series.substr(0, series.find('{'));
    for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
        if (name.ends_with(suffix)) {
            const auto stem = name.substr(0, name.size() - suffix.size());
            if (page.types.contains(stem)) {
                return stem;
            }
        }
    }
    return name;
}

// Reads a page strictly: HELP then TYPE then the samples of that family, each series once.
parsed parse(const std::string& text) {
    parsed page;
    std::string line;
    std::string family;
    std::istringstream lines{text};
    EXPECT_TRUE(text.ends_with('\n'));
    while (std::getline(lines, line)) {
        if (line.starts_with("# HELP ")) {
            family = line.substr(7, line.find(' ', 7) - 7);
            EXPECT_FALSE(page.types.contains(family)) << "told twice: " << family;
        } else if (line.starts_with("# TYPE ")) {
            const auto space = line.find(' ', 7);
            EXPECT_EQ(line.substr(7, space - 7), family);
            page.types[family] = line.substr(space + 1);
        } else {
            std::string series;
            std::string value;
            EXPECT_TRUE(split(line, series, value)) << line;
            EXPECT_EQ(family_of(series, page), family) << "a sample outside its family";
            char* end = nullptr;
            EXPECT_TRUE(page.values.emplace(series, std::strtod(value.c_str(), &end)).second)
                << "told twice: " << series;
            EXPECT_EQ(*end, '\0') << line;
        }
    }
    return page;
}

TEST(metrics, read_back_as_they_were) {
    const parsed page = parse(render_metrics(example_snapshot(), example_process()));
    const std::string slow = R"({route="GET /slow",upstream="main")";
    EXPECT_EQ(page.values.at("curfew_requests_total" + slow + R"(,outcome="timeout"})"), 5);
    EXPECT_EQ(page.values.at("curfew_refusals_total" + slow + R"(,reason="route_share"})"), 2);
    EXPECT_EQ(page.values.at("curfew_breaker_state" + slow + R"(,state="open"})"), 1);
    EXPECT_EQ(page.values.at("curfew_breaker_state" + slow + R"(,state="closed"})"), 0);
    EXPECT_EQ(page.values.at(R"(curfew_upstream_limit{upstream="main"})"), 10);
    EXPECT_EQ(page.values.at("curfew_request_duration_seconds_sum" + slow + "}"), 25.000002);
    EXPECT_EQ(page.values.at("process_resident_memory_bytes"), 50 << 20);
    EXPECT_EQ(page.types.at("curfew_request_duration_seconds"), "histogram");
}

TEST(metrics, names_follow_the_conventions) {
    const parsed page = parse(render_metrics(example_snapshot(), example_process()));
    for (const auto& [name, type] : page.types) {
        EXPECT_TRUE(name.starts_with("curfew_") || name.starts_with("process_")) << name;
        EXPECT_EQ(name.ends_with("_total"), type == "counter") << name;
        EXPECT_TRUE(type != "histogram" || name.ends_with("_seconds")) << name;
    }
}

TEST(metrics, histogram_buckets_are_cumulative_and_end_in_the_count) {
    gateway::snapshot now = example_snapshot();
    for (int i = 0; i < 5000; ++i) {
        now.routes[0].numbers.whole.record(duration{std::int64_t{1} << (i % 44)});
    }
    const parsed page = parse(render_metrics(now, {}));
    const std::string name = "curfew_request_duration_seconds";
    const std::string route = R"({route="GET /users/{id}",upstream="main")";
    double before = 0;
    for (const auto le :
         {"0.001",
          "0.0025",
          "0.005",
          "0.01",
          "0.025",
          "0.05",
          "0.1",
          "0.25",
          "0.5",
          "1",
          "2.5",
          "5",
          "10",
          "30",
          "60",
          "+Inf"}) {
        const auto count = page.values.at(name + "_bucket" + route + ",le=\"" + le + "\"}");
        EXPECT_GE(count, before) << le;
        before = count;
    }
    EXPECT_EQ(before, page.values.at(name + "_count" + route + "}"));
    EXPECT_EQ(before, 5003);
}

TEST(metrics, nothing_a_name_holds_breaks_the_page) {
    const std::string hostile[] = {
        "a\"b",
        "a\\",
        "a\nb 1\ncurfew_ready 0",
        "a\xff",
        "a\xfe",
        std::string("a\0b", 3),
        "\",x=\"",
        "a\r",
        "",
        "GET /users/{id}",
        "GET /users/{id}",
        "GET /users/{id} #2",
        "\\\"",
    };
    gateway::snapshot now = example_snapshot();
    const auto route = now.routes[0];
    now.routes.clear();
    for (const std::string& name : hostile) {
        now.routes.push_back(route);
        now.routes.back().name = name;
        now.routes.back().upstream = name;
        now.version = name;
    }
    const parsed page = parse(render_metrics(now, {}));
    int routes = 0;
    for (const auto& [series, value] : page.values) {
        routes += series.starts_with("curfew_route_in_flight{") ? 1 : 0;
    }
    EXPECT_EQ(routes, std::ssize(hostile));
    EXPECT_EQ(page.values.at("curfew_ready"), 1) << "not what the name wanted";

    simdjson::dom::parser parser;
    element root;
    const std::string text = render_metrics_json(now);
    ASSERT_EQ(parser.parse(text).get(root), simdjson::SUCCESS);
    std::set<std::string_view> names;
    for (const auto field : root["endpoints"].get_object()) {
        EXPECT_TRUE(names.insert(field.key).second) << field.key;
    }
    EXPECT_EQ(names.size(), std::size(hostile));
}

TEST(metrics, what_an_observing_gateway_would_have_refused_is_told_only_there) {
    gateway::snapshot now = example_snapshot();
    now.routes[1].would_refuse[static_cast<std::size_t>(shed_reason::queue_full)] = 9;
    now.routes[1].would_refuse_by_breaker = 4;
    now.routes[1].would_queue = 7;
    EXPECT_FALSE(render_metrics(now, {}).contains("curfew_would"));
    EXPECT_FALSE(render_metrics_json(now).contains("would"));
    EXPECT_FALSE(render_health(now, {}, {}).contains("would"));
    now.observe = true;
    const parsed page = parse(render_metrics(now, {}));
    const std::string slow = R"({route="GET /slow",upstream="main")";
    EXPECT_EQ(page.values.at("curfew_would_refuse_total" + slow + R"(,reason="queue_full"})"), 9);
    EXPECT_EQ(page.values.at("curfew_would_refuse_by_breaker_total" + slow + "}"), 4);
    EXPECT_EQ(page.values.at("curfew_would_queue_total" + slow + "}"), 7);
    const auto json = render_metrics_json(now);
    EXPECT_TRUE(json.contains(
        R"("would_refuse":{"queue_full":9},"would_refuse_by_breaker":4,"would_queue":7)"
    )) << json;
    EXPECT_TRUE(render_health(now, {}, {}).contains(R"("would_queue":7)"));
}

TEST(
    metrics, an_adaptive_limit_is_told_where_there_is_one_and_as_what_it_would_do_where_it_observes
) {
    gateway::snapshot now = example_snapshot();
    EXPECT_FALSE(render_metrics(now, {}).contains("curfew_adaptive"));
    EXPECT_FALSE(render_health(now, {}, {}).contains("adaptive"));
    adaptive_timeout_status told{
        .state = adaptive_state::live,
        .limit = std::chrono::milliseconds{750},
        .samples = 4000,
        .samples_min = 3000
    };
    told.answered = 9000;
    told.cut = 7;
    told.cut_in_vain = 2;
    told.saved = std::chrono::seconds{150};
    now.routes[1].adaptive = {true, told};
    const std::string slow = R"({route="GET /slow",upstream="main")";
    const parsed on = parse(render_metrics(now, {}));
    EXPECT_EQ(on.values.at("curfew_adaptive_limit_seconds" + slow + "}"), 0.75);
    EXPECT_EQ(on.values.at("curfew_adaptive_state" + slow + R"(,state="live"})"), 1);
    EXPECT_EQ(on.values.at("curfew_adaptive_answered_total" + slow + "}"), 9000);
    EXPECT_EQ(on.values.at("curfew_adaptive_cut_total" + slow + "}"), 7);
    EXPECT_EQ(on.values.at("curfew_adaptive_cut_in_vain_total" + slow + "}"), 2);
    EXPECT_FALSE(render_metrics(now, {}).contains("curfew_adaptive_would"));
    now.routes[1].adaptive->cuts = false;
    const parsed observing = parse(render_metrics(now, {}));
    EXPECT_EQ(observing.values.at("curfew_adaptive_would_cut_total" + slow + "}"), 7);
    EXPECT_EQ(observing.values.at("curfew_adaptive_would_cut_in_vain_total" + slow + "}"), 2);
    EXPECT_EQ(observing.values.at("curfew_adaptive_would_save_seconds_total" + slow + "}"), 150);
    EXPECT_FALSE(render_metrics(now, {}).contains("curfew_adaptive_cut_total"));
    EXPECT_TRUE(render_health(now, {}, {})
                    .contains(R"("adaptive":{"mode":"observe","state":"live","limit_ms":750,)"
                              R"("samples":4000,"samples_min":3000,"answered":9000,"let_on":0,)"
                              R"("would_cut":7,"would_cut_in_vain":2,"would_save_ms":150000})"));
}

TEST(metrics, the_backend_is_counted_only_where_curfew_runs_one) {
    gateway::snapshot now = example_snapshot();
    EXPECT_FALSE(render_metrics(now, {}).contains("curfew_backend"));
    now.backend = {"restarting", 3, "hung", 0};
    const parsed page = parse(render_metrics(now, {}));
    EXPECT_EQ(page.values.at("curfew_backend_ready"), 0);
    EXPECT_EQ(page.values.at("curfew_backend_restarts_total"), 3);
}

TEST(metrics, lines_a_route_are_bounded) {
    gateway::snapshot now = example_snapshot();
    now.observe = true;
    auto& route = now.routes[1];
    route.numbers.by_cause.fill(1);
    route.numbers.by_refusal.fill(1);
    route.would_refuse.fill(1);
    const auto lines = [&] { return std::ranges::count(render_metrics(now, {}), '\n'); };
    const auto before = lines();
    now.routes.push_back(route);
    EXPECT_LE(lines() - before, 100);
}

TEST(metrics_json, holds_what_the_contract_names_in_seconds) {
    simdjson::dom::parser parser;
    const std::string text = render_metrics_json(example_snapshot());
    element root;
    ASSERT_EQ(parser.parse(text).get(root), simdjson::SUCCESS);
    const element healthy = root["endpoints"]["GET /users/{id}"];
    EXPECT_EQ(std::int64_t{healthy["request_count"]}, 3);
    EXPECT_NEAR(double{healthy["avg_time"]}, 0.304 / 3, 1e-9);
    EXPECT_EQ(double{healthy["max_time"]}, 0.3);
    EXPECT_NEAR(double{healthy["p50_time"]}, 0.002, 0.0001);
    EXPECT_EQ(std::int64_t{root["endpoints"]["GET /slow"]["refusals"]["route_share"]}, 2);
    const element idle = root["endpoints"]["other"];
    EXPECT_EQ(double{idle["avg_time"]}, 0) << "no division by zero";
}

}  // namespace
}  // namespace curfew::admin
