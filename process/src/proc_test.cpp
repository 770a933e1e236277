#include <curfew/process/proc.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <csignal>

namespace curfew::process {
namespace {

const std::string tail =
    " S 10 20 30 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 98765 1000 200 18446744073709551615 1 1\n";

TEST(parse_stat, reads_the_numbers_by_position) {
    const auto facts = parse_stat("42 (nginx)" + tail);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->id, (process_id{42, 98765}));
    EXPECT_EQ(facts->parent, 10);
    EXPECT_EQ(facts->group, 20);
    EXPECT_EQ(facts->session, 30);
    EXPECT_EQ(facts->threads, 3);
    EXPECT_EQ(facts->state, 'S');
    EXPECT_EQ(facts->name, "nginx");
}

TEST(parse_stat, a_hostile_name_cannot_forge_a_parent) {
    for (const std::string name : {
             ") S 1 1 1 (",
             "a) Z 1 1",
             "((((",
             "))))",
             "two\nlines",
             " ",
             "",
         }) {
        const auto facts = parse_stat("42 (" + name + ")" + tail);
        ASSERT_TRUE(facts) << name;
        EXPECT_EQ(facts->name, name);
        EXPECT_EQ(facts->parent, 10) << name;
        EXPECT_EQ(facts->id.started, 98765U) << name;
    }
}

TEST(parse_stat, every_truncation_is_refused) {
    const std::string whole = "42 (x)" + tail;
    const auto enough = whole.find("98765");
    for (std::size_t size = 0; size <= enough; ++size) {
        EXPECT_FALSE(parse_stat(whole.substr(0, size))) << size;
    }
}

TEST(parse_stat, garbage_is_refused) {
    EXPECT_FALSE(parse_stat(")42 (x" + tail));
    EXPECT_FALSE(parse_stat("forty-two (x)" + tail));
    EXPECT_FALSE(parse_stat("42 (x) SS 10 20 30 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 98765"));
    EXPECT_FALSE(parse_stat("42 (x) S ten 20 30 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 98765"));
    EXPECT_FALSE(parse_stat("(x)" + tail));
}

TEST(stat_numbers, a_process_whose_first_thread_ended_is_alive) {
    stat_numbers numbers;
    numbers.state = 'Z';
    numbers.threads = 1;
    EXPECT_FALSE(numbers.alive());
    numbers.threads = 2;
    EXPECT_TRUE(numbers.alive());
}

TEST(has_marker, wants_the_whole_value_of_the_right_variable) {
    const std::string environment{"A=1\0CURFEW_UNIT=abc\0XCURFEW_UNIT=no\0", 36};
    EXPECT_TRUE(has_marker(environment, "abc"));
    EXPECT_FALSE(has_marker(environment, "ab"));
    EXPECT_FALSE(has_marker(environment, "abcd"));
    EXPECT_FALSE(has_marker(environment, "no"));
    EXPECT_FALSE(has_marker(environment, ""));
    EXPECT_TRUE(has_marker("CURFEW_UNIT=abc", "abc")) << "an environment may lack its last NUL";
}

TEST(read_process_table, holds_ourselves) {
    const auto own = read_stat_numbers(::getpid());
    ASSERT_TRUE(own);
    EXPECT_EQ(own->parent, ::getppid());
    const auto table = read_process_table();
    EXPECT_TRUE(std::ranges::any_of(table, [&](const auto& one) { return one.id == own->id; }));
}

TEST(oom_kills, are_the_kernels_count_and_none_where_it_does_not_say) {
    EXPECT_EQ(parse_oom_kills("nr_free_pages 12\noom_kill 7\nnuma_hit 9\n"), 7U);
    EXPECT_EQ(parse_oom_kills("nr_free_pages 12\nxoom_kill 7\noom_kill_x 8\n"), 0U);
    EXPECT_EQ(parse_oom_kills(""), 0U);
    EXPECT_EQ(parse_oom_kills("x 1\noom_kill "), 0U);
}

TEST(signal_exactly, spares_whoever_took_the_pid) {
    auto self = read_stat_numbers(::getpid())->id;
    EXPECT_TRUE(signal_exactly(self, 0));
    self.started += 1;
    EXPECT_FALSE(signal_exactly(self, SIGKILL)) << "we would not be here";
}

}  // namespace
}  // namespace curfew::process
