#include "loaded.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curfew::policy {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view main_upstream = "[upstream.main]\nurls = [\"http://127.0.0.1:1\"]\n";

loading with_upstream(std::string_view rest) {
    return load_text(std::string{main_upstream} += rest);
}

std::string only_sentence(const loading& result) {
    return result.problems.size() == 1 ? result.problems[0].sentence
                                       : std::to_string(result.problems.size()) + " problems";
}

TEST(rules, the_built_in_defaults_of_every_environment_do_not_contradict_each_other) {
    for (const auto* environment : {"development", "staging", "production"}) {
        EXPECT_TRUE(load_text("", environment).snapshot) << environment;
        EXPECT_TRUE(load_text(main_upstream, environment).snapshot) << environment;
    }
}

TEST(rules, an_inner_limit_that_is_not_shorter_than_its_outer_fails) {
    EXPECT_EQ(
        only_sentence(load_text("[request]\ntimeout = \"5s\"\nslow = \"5s\"")),
        "`request.slow` (5s) must be shorter than `request.timeout` (5s)"
    );
    EXPECT_EQ(
        only_sentence(with_upstream("connect_timeout = \"40s\"\n[request]\ntimeout = \"30s\"")),
        "`upstream.main.connect_timeout` (40s) must be shorter than `request.timeout` (30s)"
    );
    EXPECT_EQ(
        only_sentence(load_text("[backend]\nbackoff_min = \"31s\"\nbackoff_max = \"30s\"")),
        "`backend.backoff_min` (31s) must be no longer than `backend.backoff_max` (30s)"
    );
}

TEST(rules, limits_that_make_each_other_pointless_fail) {
    EXPECT_EQ(
        only_sentence(load_text("[request]\nbody_idle = \"20s\"\nstream_idle = \"10s\"")),
        "`request.body_idle` (20s) must be no longer than `request.stream_idle` (10s)"
    );
    EXPECT_EQ(
        only_sentence(load_text("[http]\ntarget_bytes = \"8KiB\"\nheader_bytes = \"8KiB\"")),
        "`http.target_bytes` (8KiB) must be less than `http.header_bytes` (8KiB)"
    );
    EXPECT_EQ(
        only_sentence(load_text(
            "[backend]\nlive_interval = \"9s\"\nlive_timeout = \"8s\"\nready_timeout = \"7s\""
        )),
        "`backend.live_timeout` (8s) must be no longer than `backend.ready_timeout` (7s)"
    );
    EXPECT_EQ(
        only_sentence(load_text("[http]\nheader_timeout = \"6s\"\n[request]\ntimeout = \"5s\"")),
        "`http.header_timeout` (6s) must be no longer than `request.timeout` (5s)"
    );
}

TEST(rules, of_two_such_limits_the_one_that_nobody_set_gives_way) {
    const auto sizes = load_text("[http]\nheader_bytes = \"4KiB\"").snapshot;
    EXPECT_EQ(sizes->http.target_bytes, 2048U);
    EXPECT_EQ(load_text("[http]\ntarget_bytes = \"64KiB\"").snapshot->http.header_bytes, 131'072U);
    EXPECT_EQ(load_text("[request]\nstream_idle = \"9s\"").snapshot->request.body_idle, 9s);
    EXPECT_EQ(load_text("[request]\nbody_idle = \"2h\"").snapshot->request.stream_idle, 2h);
    EXPECT_EQ(
        with_upstream("[[route]]\npath = \"/a\"\nbody_idle = \"3h\"").snapshot->request.stream_idle,
        3h
    );
    const auto slow =
        load_text("[backend]\nlive_interval = \"2m\"\nlive_timeout = \"1m\"").snapshot;
    EXPECT_EQ(slow->backend.ready_timeout, 1min);
    EXPECT_EQ(load_text("[request]\ntimeout = \"1s\"").snapshot->http.header_timeout, 10s)
        << "a head may take longer than the requests of one route";
    EXPECT_TRUE(with_upstream("[http]\nheader_timeout = \"6s\"\n[request]\ntimeout = \"5s\"\n"
                              "[[route]]\npath = \"/slow\"\ntimeout = \"1m\"")
                    .snapshot);
}

TEST(rules, a_backend_is_named_once) {
    EXPECT_EQ(
        only_sentence(
            load_text("[upstream.main]\nurls = [\"http://a\", \"http://b\", \"http://a:80\"]")
        ),
        "the upstream `main` names http://a twice"
    );
}

TEST(rules, an_upstream_that_no_route_uses_fails) {
    const std::string two = "[upstream.other]\nurls = [\"http://127.0.0.1:2\"]\n";
    const auto result = with_upstream(two + "[[route]]\npath = \"/a\"\nupstream = \"main\"");
    EXPECT_EQ(only_sentence(result), "no route uses the upstream `other`");
    EXPECT_EQ(result.problems.at(0).line, 3U);
    EXPECT_TRUE(with_upstream(two).snapshot) << "without routes the first serves all";
}

TEST(rules, what_is_wrong_with_a_variable_is_said_of_the_variable) {
    sources from;
    from.file_name = "curfew.toml";
    from.file_text = main_upstream;
    from.variables = {{"CURFEW_UPSTREAM_MAIN_URLS", ""}};
    EXPECT_EQ(load(from).problems.at(0).origin, "CURFEW_UPSTREAM_MAIN_URLS");
}

TEST(rules, a_contradiction_points_at_one_limit_and_says_where_the_other_is_set) {
    const auto result = load_text("[request]\ntimeout = \"5s\"\nslow = \"6s\"");
    ASSERT_THAT(result.problems, SizeIs(1));
    EXPECT_EQ(result.problems[0].origin, "curfew.toml:3:8");
    EXPECT_EQ(result.problems[0].hint, "`request.timeout` is set at curfew.toml:2:11");
}

TEST(rules, a_default_gives_way_to_what_was_set_and_explain_says_so) {
    const auto result = with_upstream("[request]\ntimeout = \"1s\"\n");
    ASSERT_TRUE(result.snapshot);
    EXPECT_EQ(result.snapshot->request.slow, 500ms);
    EXPECT_EQ(result.snapshot->upstreams[0].connect_timeout, 500ms);
    const auto why = result.explain("request.slow");
    EXPECT_EQ(why->statements.back().said_by, layer::derived);
    EXPECT_EQ(why->statements.back().origin, "gave way to request.timeout");
}

TEST(rules, a_probe_is_not_taken_for_lost_before_its_request_may_end) {
    EXPECT_EQ(load_text("[request]\ntimeout = \"2m\"").snapshot->breaker.probe_lease, 2min);
    EXPECT_FALSE(load_text("[request]\ntimeout = \"2s\"\n[breaker]\nprobe_lease = \"1s\"").snapshot
    );
    const auto route = with_upstream("[[route]]\npath = \"/slow\"\ntimeout = \"2m\"");
    EXPECT_EQ(route.snapshot->routes.at(0).limits.breaker.probe_lease, 2min);
    EXPECT_EQ(route.snapshot->breaker.probe_lease, 30s);
}

TEST(rules, the_limiter_goes_from_floor_over_initial_to_ceiling) {
    const auto low = load_text("[limiter]\nceiling = 4").snapshot;
    EXPECT_EQ(low->limiter.initial, 4u);
    EXPECT_EQ(load_text("[limiter]\nfloor = 20").snapshot->limiter.initial, 20u);
    EXPECT_EQ(
        only_sentence(load_text("[limiter]\nfloor = 20\ninitial = 10")),
        "`limiter.floor` (20) must be no more than `limiter.initial` (10)"
    );
    EXPECT_EQ(
        only_sentence(load_text("[limiter]\ninitial = 2000\nceiling = 1000")),
        "`limiter.initial` (2000) must be no more than `limiter.ceiling` (1000)"
    );
    EXPECT_FALSE(load_text("[limiter]\nfloor = 5\nceiling = 4").snapshot);
}

TEST(rules, a_share_that_leaves_a_route_no_place_fails) {
    EXPECT_EQ(
        only_sentence(load_text("[limiter]\nroute_share = 0.05\ninitial = 10")),
        "`limiter.route_share` (0.05) of `limiter.initial` (10) leaves a route no place"
    );
    EXPECT_EQ(
        only_sentence(load_text("[limiter]\nroute_share = 0.05\nceiling = 10")),
        "`limiter.route_share` (0.05) of `limiter.ceiling` (10) leaves a route no place"
    );
    EXPECT_EQ(load_text("[limiter]\nroute_share = 0.05").snapshot->limiter.initial, 20U);
    EXPECT_EQ(load_text("[limiter]\nroute_share = 0.1").snapshot->limiter.initial, 10U);
    const auto one = load_text("[limiter]\nceiling = 1");
    ASSERT_TRUE(one.snapshot) << format(one.problems.at(0));
    EXPECT_EQ(one.snapshot->limiter.route_share, 1.0);
    EXPECT_EQ(
        one.explain("limiter.route_share")->statements.back().origin, "gave way to limiter.initial"
    );
    EXPECT_EQ(
        load_text("[limiter]\nceiling = 1\nroute_share = 0.5").problems.at(0).origin,
        "curfew.toml:3:15"
    );
}

TEST(rules, a_route_names_an_upstream_that_exists) {
    EXPECT_EQ(
        only_sentence(with_upstream("[[route]]\npath = \"/a\"\nupstream = \"mian\"")),
        "the route `/a` names the upstream `mian`, which does not exist"
    );
    EXPECT_EQ(
        only_sentence(load_text("[[route]]\npath = \"/a\"")),
        "the route `/a` does not say which upstream serves it"
    );
    EXPECT_EQ(with_upstream("[[route]]\npath = \"/a\"").snapshot->routes.at(0).upstream, "main");
    EXPECT_THAT(
        only_sentence(with_upstream(
            "[upstream.other]\nurls = [\"http://127.0.0.1:2\"]\n[[route]]\npath = \"/a\""
        )),
        HasSubstr("does not say which upstream")
    );
}

TEST(rules, two_routes_that_match_the_same_requests_fail) {
    EXPECT_EQ(
        only_sentence(with_upstream(
            "[[route]]\nname = \"a\"\npath = \"/x\"\n[[route]]\nname = \"b\"\npath = \"/x/\""
        )),
        "the routes `a` and `b` match the same requests"
    );
    EXPECT_FALSE(with_upstream("[[route]]\npath = \"/x\"\n[[route]]\npath = \"/x\"").snapshot);
    EXPECT_FALSE(
        with_upstream("[[route]]\nhost = \"A.org\"\n[[route]]\nname = \"b\"\nhost = \"a.org.\"")
            .snapshot
    );
    EXPECT_FALSE(
        with_upstream("[[route]]\nmethods = [\"GET\", \"PUT\"]\n[[route]]\nmethods = [\"PUT\"]")
            .snapshot
    );
    EXPECT_TRUE(
        with_upstream("[[route]]\nmethods = [\"GET\"]\n[[route]]\nmethods = [\"PUT\"]\n[[route]]\n")
            .snapshot
    );
}

TEST(rules, a_host_may_stand_for_all_names_below_it) {
    EXPECT_TRUE(with_upstream("[[route]]\nhost = \"*.example.org\"").snapshot);
    for (const auto* bad : {"*", "*.", "*example.org", "a.*.org", "*.*.org"}) {
        EXPECT_FALSE(with_upstream("[[route]]\nhost = \"" + std::string{bad} + '"').snapshot)
            << bad;
    }
}

TEST(rules, an_upstream_that_is_the_own_listener_fails) {
    const auto loops = [](const std::string& listen, const std::string& url) {
        return !load_text(
                    "[server]\nlisten = \"" + listen + "\"\n[upstream.main]\nurls = [\"http://" +
                    url + "\"]\n"
        )
                    .snapshot;
    };
    EXPECT_TRUE(loops("127.0.0.1:8080", "127.0.0.1:8080"));
    EXPECT_TRUE(loops("127.0.0.1:8080", "localhost:8080"));
    EXPECT_TRUE(loops("localhost:8080", "127.0.0.1:8080"));
    EXPECT_TRUE(loops("0.0.0.0:80", "127.0.0.1"));
    EXPECT_TRUE(loops("[::1]:8080", "[::1]:8080"));
    EXPECT_FALSE(loops("127.0.0.1:8080", "127.0.0.1:8081"));
    EXPECT_FALSE(loops("127.0.0.1:8080", "127.0.0.2:8080"));
    EXPECT_FALSE(loops("0.0.0.0:8080", "backend:8080"));
}

TEST(rules, a_route_inherits_what_it_leaves_out) {
    const auto result = with_upstream(
        "[request]\nbody_idle = \"7s\"\n[breaker]\nreset = \"9s\"\n"
        "[[route]]\npath = \"/a\"\ntimeout = \"3s\"\nbreaker.consecutive_failures = 2\n"
    );
    ASSERT_TRUE(result.snapshot);
    auto expected = result.snapshot->default_limits();
    expected.timeout = 3s;
    expected.breaker.consecutive_failures = 2;
    EXPECT_EQ(result.snapshot->routes.at(0).limits, expected);
    EXPECT_EQ(expected.body_idle, 7s);
    EXPECT_EQ(
        result.explain("route./a.body_idle")->statements.back().origin, "as request.body_idle"
    );
    EXPECT_EQ(
        result.explain("route./a.breaker.consecutive_failures")->statements.back().origin,
        "curfew.toml:10:32"
    );
}

TEST(rules, a_route_cannot_hold_more_than_the_whole_gateway) {
    EXPECT_EQ(
        only_sentence(
            with_upstream("[gateway]\nin_flight = 1000\n[[route]]\npath = \"/a\"\nin_flight = 2000")
        ),
        "`route./a.in_flight` (2000) must be no more than `gateway.in_flight` (1000)"
    );
}

TEST(rules, an_upstream_has_at_least_one_url) {
    EXPECT_EQ(
        only_sentence(load_text("[upstream.main]\nbalance = \"least_loaded\"")),
        "the upstream `main` has no `urls`"
    );
}

TEST(rules, an_admin_listener_beyond_loopback_needs_a_token) {
    EXPECT_FALSE(load_text("[server]\nadmin = \"0.0.0.0:9090\"").snapshot);
    EXPECT_TRUE(load_text("[server]\nadmin = \"0.0.0.0:9090\"\nadmin_token = \"t\"").snapshot);
    EXPECT_FALSE(load_text("[server]\nadmin = \"127.0.0.1:8080\"").snapshot);
    EXPECT_TRUE(load_text("[server]\nadmin = \"127.0.0.1:0\"\nlisten = \"127.0.0.1:0\"").snapshot);
}

TEST(rules, a_backend_command_needs_an_upstream) {
    EXPECT_FALSE(load_text("[backend]\ncommand = [\"x\"]").snapshot);
    EXPECT_TRUE(with_upstream("[backend]\ncommand = [\"x\"]").snapshot);
}

TEST(rules, hosts_of_the_admin_listener_are_written_in_full) {
    EXPECT_TRUE(load_text("[server]\nadmin_hosts = [\"admin.example.org\", \"box\"]").snapshot);
    for (const auto* text : {"\"*.example.org\"", "\"\"", "\"box:9090\"", "\"http://box\""}) {
        const auto made = load_text("[server]\nadmin_hosts = [" + std::string{text} + "]");
        ASSERT_EQ(made.problems.size(), 1U) << text;
        EXPECT_NE(made.problems[0].sentence.find("admin_hosts"), std::string::npos);
    }
}

TEST(rules, a_token_is_never_shown) {
    const auto fine = load_text("[server]\nadmin_token = \"s3cret\"");
    EXPECT_EQ(fine.explain("server.admin_token")->value, "(hidden)");
    EXPECT_EQ(fine.explain("server.admin_token")->statements.back().value, "(hidden)");
    for (const auto* text :
         {"[server]\nadmin_token = \"s3 cret\"", "[server]\nadmin_token = s3cret"}) {
        const auto result = load_text(text);
        ASSERT_FALSE(result.snapshot);
        EXPECT_EQ(format(result.problems.at(0)).find("s3"), std::string::npos);
    }
}

TEST(environments, a_route_there_changes_the_one_of_its_name_or_is_new) {
    const std::string text = std::string{main_upstream} +
                             "[[route]]\nname = \"a\"\npath = \"/a\"\ntimeout = \"3s\"\nqueue = 5\n"
                             "[[env.production.route]]\nname = \"a\"\ntimeout = \"4s\"\n"
                             "[[env.production.route]]\npath = \"/b\"\n";
    const auto result = load_text(text, "production");
    ASSERT_TRUE(result.snapshot) << format(result.problems.at(0));
    ASSERT_THAT(result.snapshot->routes, SizeIs(2));
    EXPECT_EQ(result.snapshot->routes[0].path, "/a");
    EXPECT_EQ(result.snapshot->routes[0].limits.timeout, 4s);
    EXPECT_EQ(result.snapshot->routes[0].limits.queue, 5u);
    EXPECT_EQ(result.snapshot->routes[1].name, "/b");
    EXPECT_THAT(result.environments, ElementsAre("production"));
    EXPECT_THAT(load_text(text).snapshot->routes, SizeIs(1));
}

TEST(environments, upstreams_are_overlaid_key_by_key) {
    const std::string text = std::string{main_upstream} +
                             "max_age = \"5m\"\n[env.staging.upstream.main]\n"
                             "urls = [\"http://staging:80\"]\nidle_timeout = \"9s\"\n";
    const auto staging = load_text(text, "staging").snapshot;
    EXPECT_THAT(staging->upstreams.at(0).urls, ElementsAre(http_url{"staging", 80}));
    EXPECT_EQ(staging->upstreams.at(0).max_age, 5min);
    EXPECT_EQ(staging->upstreams.at(0).idle_timeout, 9s);
    EXPECT_EQ(load_text(text).snapshot->upstreams.at(0).idle_timeout, 60s);
}

TEST(environments, do_not_nest) {
    EXPECT_FALSE(load_text("[env.staging.env.production.request]\ntimeout = \"1s\"").snapshot);
}

TEST(upstreams, keep_the_order_of_the_file) {
    const auto result =
        load_text("[upstream.zebra]\nurls = [\"http://z\"]\n[upstream.ant]\nurls = [\"http://a\"]\n"
        );
    ASSERT_TRUE(result.snapshot);
    EXPECT_EQ(result.snapshot->upstreams.at(0).name, "zebra");
    EXPECT_EQ(result.snapshot->upstreams.at(1).name, "ant");
}

TEST(upstreams, have_plain_names) {
    EXPECT_FALSE(load_text("[upstream.\"a b\"]\nurls = [\"http://z\"]").snapshot);
    EXPECT_FALSE(load_text("[upstream.Main]\nurls = [\"http://z\"]").snapshot);
    EXPECT_FALSE(load_text("[upstream]\nurls = [\"http://z\"]").snapshot);
    EXPECT_FALSE(load_text("upstream = \"http://z\"").snapshot);
}

TEST(routes, without_a_name_are_called_by_what_they_match) {
    const auto result = with_upstream(
        "[[route]]\npath = \"/a\"\nmethods = [\"GET\", \"HEAD\"]\nhost = \"x.org\"\n[[route]]\n"
    );
    ASSERT_TRUE(result.snapshot);
    EXPECT_EQ(result.snapshot->routes.at(0).name, "GET,HEAD x.org/a");
    EXPECT_EQ(result.snapshot->routes.at(1).name, "/");
    EXPECT_TRUE(result.explain("route.GET,HEAD x.org/a.timeout"));
}

TEST(routes, are_a_list_of_tables) {
    EXPECT_EQ(only_sentence(load_text("[route]\npath = \"/a\"")), "routes are a list of tables");
    EXPECT_EQ(only_sentence(load_text("route = 5")), "routes are a list of tables");
    EXPECT_THAT(load_text("route = []").problems, SizeIs(1));
}

TEST(routes, are_bounded) {
    std::string text;
    for (int i = 0; i <= 10'000; ++i) {
        text += "[[route]]\npath = \"/" + std::to_string(i) + "\"\n";
    }
    EXPECT_EQ(only_sentence(with_upstream(text)), "there are more than 10000 routes");
}

TEST(routes, refuse_a_path_that_could_match_nothing_or_too_much) {
    for (const auto* path : {"a", "/a?b", "/a b", "/a/../b", "//a", "/a\\u0000", "/./"}) {
        const auto text = "[[route]]\npath = \"" + std::string{path} + "\"\n";
        EXPECT_THAT(with_upstream(text).problems, SizeIs(1)) << path;
    }
    EXPECT_THAT(with_upstream("[[route]]\npath = \"/a/\"\n").problems, IsEmpty());
}

}  // namespace
}  // namespace curfew::policy
