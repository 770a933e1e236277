#include <curfew/core/pressure_board.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

namespace curfew {
namespace {

using namespace std::chrono_literals;

constexpr auto never = deadline::unreachable();

time_point at(duration since_start) {
    return time_point{} + since_start;
}

TEST(pressure_of, is_nothing_where_it_begins_and_one_where_it_is_full) {
    EXPECT_EQ(pressure_of(0.5, 0.8, 1), 0);
    EXPECT_EQ(pressure_of(0.8, 0.8, 1), 0);
    EXPECT_FALSE(std::signbit(pressure_of(0.5, 0.8, 1)));
    EXPECT_EQ(pressure_of(0.9, 0.8, 1), 0.5);
    EXPECT_EQ(pressure_of(1, 0.8, 1), 1);
    EXPECT_EQ(pressure_of(7, 0.8, 1), 1);
}

TEST(pressure_of, rises_in_steps_of_a_twentieth_and_upwards) {
    EXPECT_EQ(pressure_of(0.01, 0, 1), 0.05);
    EXPECT_EQ(pressure_of(0.05, 0, 1), 0.05);
    EXPECT_EQ(pressure_of(0.051, 0, 1), 0.1);
    double before = 0;
    for (double reading = -1; reading < 2; reading += 0.001) {
        const double value = pressure_of(reading, 0, 1);
        EXPECT_GE(value, before);
        before = value;
    }
}

TEST(pressure_board, tells_each_change_once) {
    pressure_board board{{{"cpu", 10s}, {"memory", 10s}}};
    EXPECT_TRUE(board.take_changes().empty());
    board.tell(board.find("memory").value(), 0.5, at(0s), never);
    const auto changes = board.take_changes();
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_EQ(changes[0].name, "memory");
    EXPECT_EQ(changes[0].before, 0);
    EXPECT_EQ(changes[0].after, 0.5);
    EXPECT_TRUE(board.take_changes().empty());
}

TEST(pressure_board, what_came_and_went_between_two_looks_is_no_change) {
    pressure_board board{{{"cpu", 0s}}};
    board.tell(0, 1, at(0s), never);
    board.tell(0, 0, at(1s), never);
    EXPECT_TRUE(board.take_changes().empty());
}

TEST(pressure_board, time_is_due_for_the_first_of_them) {
    pressure_board board{{{"a", 10s}, {"b", 10s}}};
    EXPECT_FALSE(board.next_step().reachable());
    board.tell(0, 1, at(0s), deadline{at(60s)});
    board.tell(1, 1, at(0s), deadline{at(5s)});
    EXPECT_EQ(board.next_step(), deadline{at(5s)});
    board.step(at(5s));
    EXPECT_EQ(board.signals()[1].signal.value(), 0);
    EXPECT_EQ(board.next_step(), deadline{at(60s)});
}

TEST(pressure_board, a_reload_keeps_what_it_names_and_ends_the_rest) {
    pressure_board board{{{"a", 10s}, {"b", 10s}}};
    board.tell(0, 1, at(0s), never);
    board.tell(1, 0.5, at(0s), never);
    (void)board.take_changes();
    board.adopt({{"b", 1s}, {"c", 1s}});
    EXPECT_FALSE(board.find("a"));
    EXPECT_EQ(board.signals()[0].signal.value(), 0.5);
    const auto changes = board.take_changes();
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_EQ(changes[0].name, "a");
    EXPECT_EQ(changes[0].after, 0);
    EXPECT_TRUE(board.take_changes().empty());
}

TEST(pressure_board, clearing_is_a_change) {
    pressure_board board{{{"a", 1h}}};
    board.tell(0, 1, at(0s), never);
    (void)board.take_changes();
    board.clear(0);
    EXPECT_EQ(board.take_changes().size(), 1u);
}

}  // namespace
}  // namespace curfew
