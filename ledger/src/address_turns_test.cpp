#include "address_turns.hpp"

#include "address_lookup.hpp"
#include "ledger_scenario.hpp"

#include <array>

namespace curfew::ledger {
namespace {

const std::vector<std::string> two{"192.0.2.1", "192.0.2.2"};
const std::vector<std::string> turned{"192.0.2.2", "192.0.2.1"};

TEST(address_turns, each_attempt_is_the_next_address_and_then_the_first_again) {
    address_turns turns;
    EXPECT_EQ(turns.choose("db:5432", two), two[0]);
    EXPECT_EQ(turns.choose("db:5432", two), two[1]);
    EXPECT_EQ(turns.choose("db:5432", two), two[0]);
    EXPECT_EQ(turns.choose("db:5432", two), two[1]);
}

TEST(address_turns, a_server_that_turns_its_answers_round_does_not_bring_the_same_one_again) {
    address_turns turns;
    EXPECT_EQ(turns.choose("db:5432", two), two[0]);
    EXPECT_EQ(turns.choose("db:5432", turned), two[1]);
}

TEST(address_turns, each_place_has_its_own_and_one_that_works_ends_the_round) {
    address_turns turns;
    EXPECT_EQ(turns.choose("db:5432", two), two[0]);
    EXPECT_EQ(turns.choose("db:5433", two), two[0]);
    turns.forget();
    EXPECT_EQ(turns.choose("db:5432", two), two[0]);
}

TEST(address_turns, ever_new_addresses_are_remembered_up_to_a_bound) {
    address_turns turns;
    for (std::size_t i = 0; i < 3 * address_turns::tried_max; ++i) {
        const std::array one{"192.0.2." + std::to_string(i)};
        EXPECT_EQ(turns.choose("db:5432", one), one[0]);
    }
}

TEST(address_turns, a_name_that_is_looked_up_has_its_addresses_in_turn) {
    const auto where = pg::target::parse("postgresql://me@localhost:1/b");
    ASSERT_TRUE(where);
    const steady_clock time;
    address_turns turns;
    const postgres_waiting how{time, {}, &turns};
    std::vector<std::string> came;
    for (int i = 0; i < 3; ++i) {
        const auto found = look_up(*where, 10s, how);
        ASSERT_TRUE(found);
        ASSERT_EQ(found->size(), 1U);
        came.push_back(found->front());
    }
    // Of one address, of two, or of more: never the same one twice while there is another.
    EXPECT_TRUE(came[0] != came[1] || came[1] == came[2]) << came[0] << ' ' << came[2];
}

}  // namespace
}  // namespace curfew::ledger
