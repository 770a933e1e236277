#include <curfew/clients/pg/pool.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

namespace curfew::pg {
namespace {

using namespace std::chrono_literals;

TEST(pool_options, the_defaults_are_well) {
    EXPECT_EQ(problem_of({}), std::nullopt);
}

TEST(pool_options, what_cannot_be_is_named) {
    EXPECT_EQ(problem_of({.limit = {.query = 0s}}), "limit.query is not longer than nothing");
    EXPECT_EQ(
        problem_of({.limit = {.connection = -1s}}), "limit.connection is not longer than nothing"
    );
    EXPECT_EQ(problem_of({.ending = 0s}), "ending is not longer than nothing");
    EXPECT_EQ(problem_of({.slow_after = -1ms}), "slow_after is negative");
    EXPECT_TRUE(problem_of({.places = {.size = 0}})->starts_with("places: size is from 1"));
    EXPECT_TRUE(problem_of({.breaker = {.reset = 0s}})->starts_with("breaker: "));
    EXPECT_EQ(
        problem_of({.session = {.bytes_max = std::size_t{2} << 30}}),
        "session.bytes_max is from 1 byte to 1 GiB"
    );
    EXPECT_EQ(problem_of({.session = {.rows_max = 0}}), "session.rows_max is at least 1");
}

TEST(pool_options, a_pool_is_not_made_of_them) {
    const auto where = *target::parse("postgresql://shop@127.0.0.1:1/shop");
    EXPECT_THROW((pool{where, {.limit = {.acquire = 0s}}}), std::invalid_argument);
}

}  // namespace
}  // namespace curfew::pg
