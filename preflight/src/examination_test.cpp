#include "peer_scenario.hpp"
#include <curfew/preflight/examination.hpp>

#include <set>

namespace curfew::preflight {
namespace {

using namespace std::chrono_literals;
using runtime::task;
using enum failure_kind;

class examination_test : public peer_scenario {
  public:
    policy::check_policy redis(std::string name) {
        auto one = rules;
        one.name = std::move(name);
        one.type = check_type::redis;
        return one;
    }

    examined examine(examination_terms terms) {
        terms.checks = checks;
        terms.environment = "staging";
        if (terms.budget == duration::zero()) terms.budget = 60s;
        examination all{with(), std::move(terms), [this](const look& each) {
                            settled.push_back(each.name);
                        }};
        bool over = false;
        tasks.spawn(run(all, over));
        run_until_over(over);
        return made;
    }

    task<> run(examination& all, bool& over) {
        auto running = all.run(root);
        made = co_await running;
        over = true;
    }

    std::vector<policy::check_policy> checks;
    std::vector<std::string> settled;
    examined made;
    const bypass_rules lenient{true, {database_timeout, vpc_connector}, 3};
};

TEST_F(examination_test, nothing_to_look_at_is_a_start) {
    EXPECT_EQ(examine({}).made.made, decision::start);
}

TEST_F(examination_test, what_comes_up_within_the_budget_is_waited_for) {
    serve({{.answers = {"-LOADING\r\n"}}, {.answers = {"-LOADING\r\n"}}, {.answers = {"+PONG\r\n"}}}
    );
    checks = {redis("cache")};
    const auto done = examine({});
    EXPECT_EQ(done.made.made, decision::start);
    EXPECT_EQ(done.looks[0].attempts, 3U);
    EXPECT_FALSE(done.looks[0].wrong);
}

TEST_F(examination_test, all_are_looked_at_at_once) {
    serve({
        {.answers = {""}, .hangs = true},
        {.answers = {""}, .hangs = true},
        {.answers = {""}, .hangs = true},
    });
    checks = {redis("a"), redis("b"), redis("c")};
    const auto done = examine({.told = true});
    EXPECT_EQ(done.took, 5s);
    EXPECT_EQ(connections, 3);
    EXPECT_EQ(done.made.made, decision::start_degraded);
    EXPECT_TRUE(done.made.told);
    EXPECT_EQ((std::set<std::string>{settled.begin(), settled.end()}).size(), 3U);
}

TEST_F(examination_test, the_budget_is_never_outlasted) {
    serve(std::vector<manner>(100, {.answers = {""}, .hangs = true}));
    checks = {redis("cache")};
    const auto done = examine({.budget = 12s});
    EXPECT_LE(done.took, 12s);
    EXPECT_GE(done.looks[0].attempts, 2U);
    EXPECT_EQ(done.looks[0].wrong->kind, network);
    EXPECT_EQ(done.made.made, decision::block);
}

TEST_F(examination_test, what_blocks_anyway_is_told_at_once) {
    serve({{.answers = {"-WRONGPASS invalid\r\n"}}, {.answers = {"-LOADING\r\n"}}});
    checks = {redis("cache"), redis("sessions")};
    const auto done = examine({.rules = lenient});
    EXPECT_EQ(done.made.made, decision::block);
    EXPECT_LT(done.took, 1s);
    EXPECT_EQ(done.looks[0].wrong->kind, auth);
    EXPECT_TRUE(done.looks[1].wrong);
}

TEST_F(examination_test, what_may_be_passed_over_is_made_sure_of_and_passed_over) {
    serve(std::vector<manner>(3, {.answers = {"-ERR VPC connector is scaling\r\n"}}));
    checks = {redis("cache")};
    const auto done = examine({.rules = lenient});
    EXPECT_EQ(done.made.made, decision::start_degraded);
    EXPECT_EQ(done.looks[0].attempts, 3U);
    EXPECT_EQ(done.looks[0].wrong->why, "the message names the VPC connector");
    EXPECT_LT(done.took, 1s);
}

TEST_F(examination_test, time_that_ran_out_while_the_connector_scales_is_the_connectors) {
    serve(std::vector<manner>(3, {.answers = {""}, .hangs = true}));
    checks = {redis("cache")};
    const auto done = examine({.rules = lenient, .connector_scales = true});
    EXPECT_EQ(done.looks[0].wrong->kind, vpc_connector);
    EXPECT_EQ(done.made.made, decision::start_degraded);
}

TEST(place_of, names_no_password) {
    policy::check_policy of;
    of.type = check_type::redis;
    of.where = {"redis", "me", "s3cret", "fd00::1", 6379, ""};
    EXPECT_EQ(place_of(of), "[fd00::1]:6379");
    of.type = check_type::clock;
    EXPECT_EQ(place_of(of), "");
}

}  // namespace
}  // namespace curfew::preflight
