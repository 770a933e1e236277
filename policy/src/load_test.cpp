#include "loaded.hpp"
#include <curfew/policy/load.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curfew::policy {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(load, nothing_at_all_is_a_valid_policy_of_defaults) {
    const auto result = load({});
    ASSERT_TRUE(result.snapshot);
    EXPECT_EQ(result.snapshot->request.timeout, 30s);
    EXPECT_EQ(result.snapshot->environment, "development");
    EXPECT_TRUE(result.snapshot->upstreams.empty());
}

TEST(load, each_layer_beats_the_one_before) {
    sources from;
    from.file_name = "curfew.toml";
    from.file_text = "[request]\ntimeout = \"20s\"\n";
    EXPECT_EQ(load(from).snapshot->request.timeout, 20s);
    from.file_text += "[env.staging.request]\ntimeout = \"21s\"\n";
    EXPECT_EQ(load(from).snapshot->request.timeout, 20s);
    from.environment = "staging";
    EXPECT_EQ(load(from).snapshot->request.timeout, 21s);
    from.variables = {{"CURFEW_REQUEST_TIMEOUT", "22s"}};
    EXPECT_EQ(load(from).snapshot->request.timeout, 22s);
    from.flags = {{"--timeout", "request.timeout", {"23s"}}};
    EXPECT_EQ(load(from).snapshot->request.timeout, 23s);
}

TEST(load, a_route_names_the_key_that_gave_it_each_limit) {
    const auto made = load_text(R"([upstream.main]
urls = ["http://127.0.0.1:1"]
[request]
timeout = "20s"
[[route]]
name = "a.b"
path = "/a"
timeout = "30s"
breaker = { reset = "3s" }
[[route]]
path = "/c"
queue = 3
)");
    ASSERT_TRUE(made.snapshot);
    route_limit_keys of_first;
    of_first.timeout = "route.a.b.timeout";
    of_first.reset = "route.a.b.breaker.reset";
    EXPECT_EQ(made.snapshot->routes[0].keys, of_first);
    route_limit_keys of_second;
    of_second.queue = "route./c.queue";
    EXPECT_EQ(made.snapshot->routes[1].keys, of_second);
    for (const auto& name : {of_first.timeout, of_first.reset, of_second.queue}) {
        EXPECT_TRUE(made.explain(name)) << name;
    }
}

TEST(load, explain_names_every_layer_and_the_last_one_won) {
    sources from;
    from.file_name = "curfew.toml";
    from.file_text = "[request]\ntimeout = \"20s\"\n[env.staging.request]\ntimeout = \"21s\"\n";
    from.environment = "staging";
    from.variables = {{"CURFEW_REQUEST_TIMEOUT", "22s"}};
    from.flags = {{"--timeout", "request.timeout", {"23s"}}};
    const auto why = load(from).explain("request.timeout");
    ASSERT_TRUE(why);
    EXPECT_EQ(why->value, "\"23s\"");
    EXPECT_EQ(why->default_value, "\"30s\"");
    EXPECT_EQ(why->range, "1ms to 24h");
    EXPECT_EQ(why->variable, "CURFEW_REQUEST_TIMEOUT");
    std::vector<std::string> said;
    for (const auto& [by, origin, value] : why->statements) {
        said.push_back(std::string{to_string(by)} + ' ' + origin + ' ' + value);
    }
    EXPECT_THAT(
        said,
        ElementsAre(
            "built-in built-in \"30s\"",
            "file curfew.toml:2:11 \"20s\"",
            "environment curfew.toml:4:11 \"21s\"",
            "variable CURFEW_REQUEST_TIMEOUT \"22s\"",
            "flag --timeout \"23s\""
        )
    );
}

TEST(load, an_environment_may_have_a_default_of_its_own) {
    EXPECT_EQ(load({}).snapshot->server.log_format, log_shape::text);
    sources from;
    from.environment = "production";
    const auto result = load(from);
    EXPECT_EQ(result.snapshot->server.log_format, log_shape::json);
    EXPECT_EQ(
        result.explain("server.log_format")->statements.back().origin, "built-in for production"
    );
    from.variables = {{"CURFEW_SERVER_LOG_FORMAT", "text"}};
    EXPECT_EQ(load(from).snapshot->server.log_format, log_shape::text);
}

TEST(load, a_problem_shows_its_line_a_caret_and_a_hint) {
    const auto result = load_text("[request]\ntimeot = \"5s\"\n");
    ASSERT_THAT(result.problems, SizeIs(1));
    EXPECT_EQ(
        format(result.problems[0]),
        "curfew.toml:2:1: there is no key `timeot` in `request`\n"
        "  | timeot = \"5s\"\n"
        "  | ^\n"
        "  hint: did you mean `timeout`?\n"
    );
}

TEST(load, every_problem_is_found_in_one_pass_in_the_order_of_the_file) {
    const auto result = load_text(
        "colour = 1\n"
        "[request]\ntimeout = 30\nslow = \"1\"\n"
        "[gateway]\nqueue = \"100\"\nin_flight = 0\nobserve = 1\n"
        "[env.production.request]\nslow = \"fast\"\n"
    );
    EXPECT_FALSE(result.snapshot);
    EXPECT_THAT(
        sentences(result),
        ElementsAre(
            "1:1: there is no section or key `colour`",
            "3:11: `request.timeout` cannot be 30: a duration needs a unit",
            "4:8: `request.slow` cannot be \"1\": it has no unit",
            "6:9: `gateway.queue` cannot be \"100\": it takes a number",
            "7:13: `gateway.in_flight` cannot be 0: it must be from 1 to 1000000",
            "8:11: `gateway.observe` cannot be 1: it takes true or false",
            "10:8: `request.slow` cannot be \"fast\": it has a part that is no unit of time"
        )
    );
}

TEST(load, problems_are_bounded_and_the_rest_is_counted) {
    std::string text;
    for (int i = 0; i < 1'000; ++i) {
        text += "x" + std::to_string(i) + " = 1\n";
    }
    const auto result = load_text(text);
    EXPECT_THAT(result.problems, SizeIs(problems_max));
    EXPECT_EQ(result.problems_left_out, 1'000 - problems_max);
}

TEST(load, a_key_in_the_wrong_place_is_told_its_right_one) {
    EXPECT_EQ(
        load_text("timeout = \"5s\"\n").problems.at(0).hint, "did you mean `request.timeout`?"
    );
    EXPECT_EQ(
        load_text("request = 5\n").problems.at(0).sentence, "`request` is a section, not a value"
    );
}

TEST(load, off_is_a_value_of_its_own_and_zero_is_not_a_limit) {
    EXPECT_EQ(load_text("[http]\nbody_rate = \"off\"").snapshot->http.body_rate, std::nullopt);
    EXPECT_EQ(load_text("[http]\nbody_bytes = \"1MiB\"").snapshot->http.body_bytes, 1u << 20);
    EXPECT_THAT(
        load_text("[http]\nbody_bytes = \"0B\"").problems.at(0).hint, HasSubstr("write \"off\"")
    );
    EXPECT_FALSE(load_text("[request]\ntimeout = \"0s\"").snapshot);
    EXPECT_FALSE(load_text("[request]\ntimeout = \"off\"").snapshot);
}

TEST(load, an_unknown_environment_is_refused_with_the_one_that_was_meant) {
    sources from;
    from.environment = "stagin";
    EXPECT_EQ(load(from).problems.at(0).hint, "did you mean `staging`?");
    from.environment = "canary";
    EXPECT_FALSE(load(from).snapshot);
    from.file_text = "[env.canary.request]\ntimeout = \"9s\"";
    EXPECT_EQ(load(from).snapshot->request.timeout, 9s);
}

TEST(load, variables_reach_every_key_but_those_of_routes) {
    sources from;
    from.variables = {
        {"CURFEW_GATEWAY_OBSERVE", "true"},
        {"CURFEW_LIMITER_ROUTE_SHARE", "0.25"},
        {"CURFEW_BACKEND_COMMAND", "python3 -m uvicorn  main:app"},
        {"CURFEW_UPSTREAM_DEFAULT_URLS", "http://127.0.0.1:1 http://127.0.0.1:2"},
        {"CURFEW_ENV", "production"},
        {"PATH", "/bin"},
        {"CURFEW_SOMETHING_OF_A_TEST", "1"},
    };
    const auto result = load(from);
    ASSERT_TRUE(result.snapshot) << format(result.problems.at(0));
    EXPECT_TRUE(result.snapshot->gateway.observe);
    EXPECT_EQ(result.snapshot->limiter.route_share, 0.25);
    EXPECT_THAT(
        result.snapshot->backend.command, ElementsAre("python3", "-m", "uvicorn", "main:app")
    );
    EXPECT_THAT(
        result.snapshot->find_upstream("default")->urls,
        ElementsAre(http_url{"127.0.0.1", 1}, http_url{"127.0.0.1", 2})
    );
}

TEST(load, a_misspelt_variable_is_an_error_not_a_surprise) {
    sources from;
    from.variables = {{"CURFEW_REQUEST_TIMEOT", "5s"}, {"CURFEW_REQEST_TIMEOUT", "5s"}};
    const auto result = load(from);
    ASSERT_THAT(result.problems, SizeIs(2));
    EXPECT_EQ(result.problems[0].origin, "CURFEW_REQUEST_TIMEOT");
    EXPECT_EQ(result.problems[0].hint, "did you mean CURFEW_REQUEST_TIMEOUT?");
    EXPECT_EQ(result.problems[1].hint, "did you mean CURFEW_REQUEST_TIMEOUT?");
}

TEST(load, the_elements_of_a_flag_keep_their_spaces) {
    sources from;
    from.flags = {
        {"--upstream", "upstream.default.urls", {"http://127.0.0.1:1"}},
        {"--", "backend.command", {"sh", "-c", "exec my server"}},
    };
    EXPECT_THAT(load(from).snapshot->backend.command, ElementsAre("sh", "-c", "exec my server"));
}

TEST(load, a_wrong_flag_is_named) {
    sources from;
    from.flags = {{"--timeout", "request.timeout", {"5"}}};
    const auto result = load(from);
    EXPECT_EQ(result.problems.at(0).origin, "--timeout");
    EXPECT_EQ(result.problems.at(0).sentence, "`request.timeout` cannot be \"5\": it has no unit");
}

TEST(load, explain_knows_every_key_that_the_page_lists) {
    const auto nothing = load_text("");
    const auto timeout = nothing.explain("route.timeout");
    ASSERT_TRUE(timeout);
    EXPECT_EQ(timeout->key, "route.*.timeout");
    EXPECT_EQ(timeout->value, "as request.timeout");
    const auto urls = nothing.explain("upstream.main.urls");
    ASSERT_TRUE(urls);
    EXPECT_EQ(urls->key, "upstream.*.urls");
    EXPECT_EQ(urls->variable, "CURFEW_UPSTREAM_MAIN_URLS");
    EXPECT_TRUE(nothing.explain("upstream.connect_timeout"));
    EXPECT_TRUE(nothing.explain("route.breaker.reset"));
    EXPECT_FALSE(nothing.explain("route.breaker.rest"));
    EXPECT_FALSE(nothing.explain("upstream.main.url"));
}

TEST(load, explain_offers_the_key_that_was_meant) {
    const auto result = load_text("");
    EXPECT_EQ(result.explain("request.timeot").error().hint, "did you mean `request.timeout`?");
    const auto declared = load_text("[upstream.main]\nurls = [\"http://a\"]");
    EXPECT_EQ(
        declared.explain("upstream.mian.urls").error().hint, "did you mean `upstream.main.urls`?"
    );
    EXPECT_FALSE(result.explain(""));
}

TEST(load, a_section_lists_its_keys_and_each_can_be_explained) {
    const auto result = load_text(
        "[upstream.main]\nurls = [\"http://a\"]\n[[route]]\npath = \"/a\"\ntimeout = \"3s\"\n"
        "[[route]]\nname = \"b.c\"\npath = \"/b\"\nmethods = [\"GET\"]\n"
    );
    EXPECT_THAT(
        result.keys_below("request"),
        ElementsAre(
            "request.timeout",
            "request.body_idle",
            "request.stream_idle",
            "request.slow",
            "request.adaptive",
            "request.adaptive_floor",
            "request.adaptive_false_timeouts"
        )
    );
    EXPECT_THAT(result.keys_below("upstream"), ElementsAre("upstream.main.urls"));
    EXPECT_THAT(
        result.keys_below("route"),
        ElementsAre(
            "route./a.path",
            "route./a.upstream",
            "route./a.timeout",
            "route.b.c.name",
            "route.b.c.path",
            "route.b.c.methods",
            "route.b.c.upstream"
        )
    );
    EXPECT_THAT(result.keys_below("route./a"), SizeIs(21));
    EXPECT_THAT(result.keys_below("route./a.breaker"), SizeIs(8));
    EXPECT_EQ(result.keys_below("route.GET /b"), result.keys_below("route.b.c"));
    for (const auto* none :
         {"",
          "route.b",
          "route./",
          "routes",
          "request.timeout",
          "upstream.x",
          "route.GET /b.timeout"}) {
        EXPECT_THAT(result.keys_below(none), SizeIs(0)) << none;
    }
    for (const auto* section : {"request", "upstream.main", "route", "route./a", "route.b.c"}) {
        for (const auto& key : result.keys_below(section)) {
            EXPECT_TRUE(result.explain(key)) << key;
            EXPECT_FALSE(result.explain(key)->statements.empty()) << key;
        }
    }
    const auto nothing = load_text("");
    EXPECT_THAT(nothing.keys_below("upstream"), SizeIs(6));
    EXPECT_TRUE(nothing.explain(nothing.keys_below("route").at(0)));
}

TEST(load, a_route_is_told_by_its_name_and_by_what_it_matches) {
    const auto result = load_text(
        "[upstream.main]\nurls = [\"http://a\"]\n"
        "[[route]]\nname = \"x\"\npath = \"/x\"\ntimeout = \"3s\"\n[[route]]\npath = \"/y.z/\"\n"
    );
    EXPECT_EQ(result.explain("route.x.timeout")->value, "\"3s\"");
    EXPECT_EQ(result.explain("route./x.timeout")->key, "route.x.timeout");
    EXPECT_EQ(result.explain("route./y.z/.timeout")->value, "\"30s\"");
    EXPECT_EQ(result.explain("route./y.z.breaker.reset")->key, "route./y.z/.breaker.reset");
    const auto far = result.explain("route./somewhere.timeout").error();
    EXPECT_EQ(far.sentence, "the policy has no route `/somewhere`");
    EXPECT_EQ(far.hint, "there is: `x`, `/y.z/`");
    EXPECT_EQ(
        result.explain("route./y.x/.timeout").error().hint, "did you mean `route./y.z/.timeout`?"
    );
    EXPECT_EQ(result.explain("route.x.timeot").error().hint, "did you mean `route.x.timeout`?");
    EXPECT_EQ(result.explain("upstream.mian").error().hint, "did you mean `upstream.main`?");
}

}  // namespace
}  // namespace curfew::policy
