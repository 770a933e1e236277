#include "backend_steps.hpp"

#include <gtest/gtest.h>

#include <string>

namespace curfew::report {
namespace {

using namespace std::chrono_literals;
using ledger::kept_operation;

constexpr ledger::wall_time noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h};

kept_operation step(std::string name, duration at, outcome ended = outcome::ignored) {
    kept_operation made;
    made.what.where = surface::supervisor;
    made.what.name = std::move(name);
    made.what.ended = ended;
    made.started = noon + at;
    return made;
}

kept_operation operation(duration at, duration took) {
    kept_operation made;
    made.started = noon + at;
    made.took = took;
    return made;
}

std::string names(const backend_steps& of) {
    std::string text;
    for (const auto& each : of.all) {
        text += (text.empty() ? "" : " ") + each.what.name;
    }
    return text + (of.left_out > 0 ? " +" + std::to_string(of.left_out) : "");
}

TEST(backend_steps, the_nearest_are_told_in_order_of_time) {
    const auto what = operation(60s, 5s);
    const std::vector all{
        step("a", 1s, outcome::failure),
        step("b", 50s, outcome::failure),
        step("c", 62s, outcome::failure),
        step("d", 70s, outcome::failure),
        step("e", 110s, outcome::failure),
    };
    EXPECT_EQ(names(nearest_steps(all, what, 3)), "b c d +2");
    EXPECT_EQ(names(nearest_steps(all, what, 9)), "a b c d e");
    EXPECT_EQ(names(nearest_steps({}, what, 3)), "");
}

TEST(backend_steps, an_end_comes_before_starts_that_are_nearer) {
    const auto what = operation(60s, 5s);
    const std::vector all{
        step("exit", 20s, outcome::failure),
        step("restart", 59s),
        step("start", 60s),
        step("ready", 61s),
        step("stacks", 66s),
    };
    EXPECT_EQ(names(nearest_steps(all, what, 2)), "exit stacks +3");
    EXPECT_EQ(names(nearest_steps(all, what, 3)), "exit ready stacks +2");
}

TEST(backend_steps, of_a_crash_loop_the_crash_beside_it_is_told_and_not_the_last) {
    const auto what = operation(30s, 100ms);
    std::vector<kept_operation> all;
    for (int second = 0; second < 90; ++second) {
        all.push_back(step("start", second * 1s));
        all.push_back(
            step("exit at " + std::to_string(second), second * 1s + 50ms, outcome::failure)
        );
    }
    EXPECT_EQ(names(nearest_steps(all, what, 1)), "exit at 30 +179");
}

TEST(backend_steps, while_it_ran_there_is_no_distance) {
    const auto what = operation(60s, 5s);
    EXPECT_EQ(distance(step("a", 62s), what), 0s);
    EXPECT_EQ(distance(step("a", 60s), what), 0s);
    EXPECT_EQ(distance(step("a", 65s), what), 0s);
    EXPECT_EQ(distance(step("a", 58s), what), 2s);
    EXPECT_EQ(distance(step("a", 66s), what), 1s);
}

}  // namespace
}  // namespace curfew::report
