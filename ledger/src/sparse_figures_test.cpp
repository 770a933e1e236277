#include "sparse_figures.hpp"

#include "ledger_scenario.hpp"

#include <algorithm>

namespace curfew::ledger {
namespace {

TEST(sparse_figures, are_what_a_whole_histogram_counts) {
    random_events some{11};
    for (int round = 0; round < 20; ++round) {
        sparse_figures counted;
        figures naive;
        for (std::uint64_t i = some.number() % 300; i > 0; --i) {
            const event what = some.next({});
            counted.add(what);
            naive.took.record(what.took);
            naive.near_misses += is_near_miss(what) ? 1 : 0;
            for (const auto& each : what.account.entries()) {
                naive.spent[static_cast<std::size_t>(each.what)] += each.spent;
            }
        }
        figures dense;
        counted.add_to(dense);
        expect_same(dense, naive);
        EXPECT_EQ(counted.count(), naive.took.count());
    }
}

TEST(sparse_figures, merge_in_any_order_and_grouping_to_the_same_bytes) {
    random_events some{12};
    std::vector<sparse_figures> parts(9);
    sparse_figures whole;
    for (int i = 0; i < 2'000; ++i) {
        const event what = some.next({});
        parts[some.number() % parts.size()].add(what);
        whole.add(what);
    }
    std::mt19937_64 random{1};
    for (int round = 0; round < 10; ++round) {
        std::ranges::shuffle(parts, random);
        sparse_figures sum;
        for (const auto& each : parts) {
            sparse_figures read;
            ASSERT_TRUE(read.decode(each.encode()));
            sum.merge(read);
        }
        EXPECT_EQ(sum.encode(), whole.encode());
    }
}

TEST(sparse_figures, an_ordinary_minute_takes_some_hundred_bytes) {
    std::mt19937_64 random{4};
    std::lognormal_distribution<double> took{16.0, 0.5};  // about 9 ms
    sparse_figures minute;
    for (int i = 0; i < 6'000; ++i) {
        minute.add(some_event("a", outcome::success, duration{std::int64_t(took(random))}));
    }
    EXPECT_LT(minute.encode().size(), 400U);
}

TEST(sparse_figures, durations_outside_of_all_bounds_are_counted_and_never_wrap) {
    sparse_figures odd;
    odd.add(some_event("a", outcome::success, -1s));
    odd.add(some_event("a", outcome::success, duration::max()));
    odd.add(some_event("a", outcome::success, duration::max()));
    sparse_figures again;
    ASSERT_TRUE(again.decode(odd.encode()));
    figures dense;
    again.add_to(dense);
    EXPECT_EQ(dense.took.count(), 3U);
    EXPECT_EQ(dense.took.sum(), duration::max());
    EXPECT_EQ(dense.took.below(), 1U);
    EXPECT_EQ(dense.took.above(), 2U);
}

TEST(sparse_figures, foreign_bytes_are_refused_or_read_within_bounds) {
    random_events some{13};
    sparse_figures sound;
    for (int i = 0; i < 50; ++i)
        sound.add(some.next({}));
    const std::string bytes = sound.encode();
    std::size_t refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string changed = bytes.substr(0, some.number() % (bytes.size() + 1));
        for (std::size_t n = some.number() % 4; n > 0 && !changed.empty(); --n) {
            changed[some.number() % changed.size()] = static_cast<char>(some.number());
        }
        sparse_figures read;
        if (read.decode(changed)) {
            figures dense;
            read.add_to(dense);
            EXPECT_EQ(dense.took.count(), read.count());
        } else {
            ++refused;
        }
    }
    EXPECT_GT(refused, 1'000U);
}

}  // namespace
}  // namespace curfew::ledger
