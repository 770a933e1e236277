#include "call_record.hpp"

#include <gtest/gtest.h>

namespace curfew::report {
namespace {

using namespace std::chrono_literals;

TEST(packed_histogram, gives_back_what_was_packed) {
    histogram whole;
    for (int i = 0; i < 10'000; ++i) {
        whole.record(duration{i * 12'345'678LL});
    }
    whole.record(100ns);
    whole.record(2h);
    histogram again;
    packed_histogram{whole}.add_to(again);
    packed_histogram{histogram{}}.add_to(again);
    EXPECT_EQ(again.count(), whole.count());
    EXPECT_EQ(again.sum(), whole.sum());
    EXPECT_EQ(again.max(), whole.max());
    EXPECT_EQ(again.below(), whole.below());
    EXPECT_EQ(again.above(), whole.above());
    for (const double q : {0.0, 0.5, 0.99, 1.0}) {
        EXPECT_EQ(again.quantile(q), whole.quantile(q));
    }
}

TEST(by_limit, finds_the_limit_that_calls_reached) {
    histogram cut;
    cut.record(2'003ms, 3);
    cut.record(5'000ms, 4);
    cut.record(5'210ms, 1);
    const auto all = by_limit(cut, {2s, 5s, 30s});
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0], (statistics::cut_calls{2s, 3}));
    EXPECT_EQ(all[1], (statistics::cut_calls{5s, 5}));
}

TEST(by_limit, is_a_lower_bound_where_no_limit_is_known) {
    histogram cut;
    cut.record(3'456ms, 7);
    for (const auto& known : {std::vector<duration>{}, std::vector<duration>{1s, 9s}}) {
        const auto all = by_limit(cut, known);
        ASSERT_EQ(all.size(), 1U);
        EXPECT_LE(all[0].limit, 3'456ms);
        EXPECT_GE(all[0].limit, 3'300ms);
        EXPECT_EQ(all[0].count, 7U);
    }
    EXPECT_TRUE(by_limit({}, {}).empty());
}

}  // namespace
}  // namespace curfew::report
