#include "claims.hpp"

#include "demo_result.hpp"
#include "made_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curfew::demo {
namespace {

using namespace std::chrono_literals;
using load::error_category;
using testing::HasSubstr;

struct claims_test : testing::Test {
    scenario plan{1};

    arm_result direct() {
        return make_run(plan, "direct", [&](auto, duration due) { return frozen(plan, due); });
    }

    arm_result curfew() {
        return make_run(plan, "curfew", [&](auto operation, duration due) {
            return guarded(plan, operation, due);
        });
    }

    std::vector<claim> judge(const arm_result& first, const arm_result& second) {
        return judge_claims(plan, first, second);
    }
};

TEST_F(claims_test, all_hold_for_the_runs_they_describe) {
    for (const auto& made : judge(direct(), curfew())) {
        EXPECT_TRUE(made.holds) << made.id << ": " << made.measured;
        EXPECT_FALSE(made.measured.empty());
    }
}

TEST_F(claims_test, two_runs_without_curfew_keep_only_the_first) {
    const auto made = judge(direct(), direct());
    EXPECT_TRUE(made[0].holds);
    EXPECT_FALSE(made[1].holds);
    EXPECT_FALSE(made[2].holds);
    EXPECT_EQ(made[2].measured, "no refusal by an open breaker during the hang");
}

TEST_F(claims_test, one_route_that_is_answered_breaks_the_first) {
    const auto lucky = make_run(plan, "direct", [&](auto operation, duration due) {
        return operation == scenario::login ? made_end{} : frozen(plan, due);
    });
    const auto made = judge(lucky, curfew());
    EXPECT_FALSE(made[0].holds);
    EXPECT_THAT(made[0].measured, HasSubstr("login 0 of "));
}

TEST_F(claims_test, one_lost_request_in_a_few_hundred_breaks_the_second) {
    bool lost = false;
    const auto unlucky = make_run(plan, "curfew", [&](auto operation, duration due) {
        if (!lost && operation == scenario::listings && due > plan.times.hang_on + 2s) {
            lost = true;
            return made_end{error_category::http_503};
        }
        return guarded(plan, operation, due);
    });
    EXPECT_FALSE(judge(direct(), unlucky)[1].holds);
}

TEST_F(claims_test, answers_of_200_ms_break_the_second) {
    const auto slow = make_run(plan, "curfew", [&](auto operation, duration due) {
        auto how = guarded(plan, operation, due);
        if (operation == scenario::login) how.response = 200ms;
        return how;
    });
    EXPECT_FALSE(judge(direct(), slow)[1].holds);
}

TEST_F(claims_test, slow_refusals_break_the_third) {
    const auto slow = make_run(plan, "curfew", [&](auto operation, duration due) {
        auto how = guarded(plan, operation, due);
        if (how.breaker_open && due > plan.times.hang_on + 5s) how.response = 50ms;
        return how;
    });
    EXPECT_FALSE(judge(direct(), slow)[2].holds);
}

TEST_F(claims_test, refusals_without_an_open_breaker_are_no_proof) {
    const auto shed = make_run(plan, "curfew", [&](auto operation, duration due) {
        auto how = guarded(plan, operation, due);
        how.breaker_open = false;
        return how;
    });
    EXPECT_FALSE(judge(direct(), shed)[2].holds);
}

TEST_F(claims_test, no_samples_hold_nothing) {
    const arm_result empty;
    for (const auto& made : judge(empty, empty)) {
        EXPECT_FALSE(made.holds) << made.id;
    }
}

TEST_F(claims_test, a_fault_that_did_not_fire_makes_the_verdict_void_before_all_else) {
    auto first = direct();
    auto second = curfew();
    const auto verdict_now = [&] {
        return demo_result{plan, 1, first, second, judge(first, second)}.conclusion();
    };
    EXPECT_EQ(exit_code(verdict_now()), 0);
    second.validity.grade = load::validity_grade::invalid;
    EXPECT_EQ(exit_code(verdict_now()), 3);
    first.faults.trapped = 0;
    EXPECT_EQ(exit_code(verdict_now()), 4);
    first.faults.trapped = 8;
    second.validity.grade = load::validity_grade::suspect;
    EXPECT_EQ(exit_code(verdict_now()), 0);
    EXPECT_EQ(exit_code(demo_result{plan, 1, first, first, judge(first, first)}.conclusion()), 1);
}

}  // namespace
}  // namespace curfew::demo
