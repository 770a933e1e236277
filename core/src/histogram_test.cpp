#include <curfew/core/histogram.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

namespace curfew {
namespace {

using namespace std::chrono_literals;

constexpr double worst_error = 1.0 / 32;

duration of(double seconds) {
    return duration{static_cast<duration::rep>(seconds * 1e9)};
}

TEST(histogram, buckets_tile_the_range_without_gap_or_overlap) {
    const histogram empty;
    EXPECT_EQ(empty.at(0).lower, 0ns);
    EXPECT_EQ(empty.at(histogram::bucket_count - 1).upper, histogram::range_end - 1ns);
    for (std::size_t i = 1; i < histogram::bucket_count; ++i) {
        const auto bucket = empty.at(i);
        EXPECT_EQ(bucket.lower, empty.at(i - 1).upper + 1ns);
        const auto width = static_cast<double>((bucket.upper - bucket.lower).count() + 1);
        EXPECT_LE(width, worst_error * static_cast<double>(bucket.lower.count()));
    }
    EXPECT_LE(histogram::range_begin, 1100ns);
    EXPECT_GT(histogram::range_end, 1h);
    EXPECT_EQ(sizeof(histogram), 1024u * 8 + 5 * 8);
}

TEST(histogram, each_edge_of_each_bucket_is_counted_in_that_bucket) {
    for (std::size_t i = 0; i < histogram::bucket_count; ++i) {
        histogram one;
        const auto bucket = one.at(i);
        one.record(bucket.lower);
        one.record(bucket.upper);
        ASSERT_EQ(one.at(i).count, 2u) << i;
    }
}

TEST(histogram, empty_answers_zero) {
    const histogram empty;
    EXPECT_EQ(empty.count(), 0u);
    EXPECT_EQ(empty.sum(), 0ns);
    EXPECT_EQ(empty.max(), 0ns);
    EXPECT_EQ(empty.mean(), 0ns);
    EXPECT_EQ(empty.quantile(0.5), 0ns);
    EXPECT_EQ(empty.count_at_most(1h), 0u);
    empty.for_each_bucket([](const histogram::bucket&) { ADD_FAILURE(); });
}

TEST(histogram, count_sum_and_max_are_exact) {
    histogram times;
    times.record(3ms);
    times.record(5'000'001ns, 2);
    times.record(7s, 0);
    EXPECT_EQ(times.count(), 3u);
    EXPECT_EQ(times.sum(), 13'000'002ns);
    EXPECT_EQ(times.mean(), 4'333'334ns);
    EXPECT_EQ(times.max(), 5'000'001ns);
    EXPECT_EQ(times.quantile(1), 5'000'001ns);
}

TEST(histogram, what_is_out_of_range_is_counted_and_told) {
    histogram times;
    times.record(-1s);
    times.record(0ns);
    times.record(histogram::range_begin - 1ns);
    times.record(histogram::range_begin);
    EXPECT_EQ(times.below(), 3u);
    EXPECT_EQ(times.at(0).count, 4u);
    times.record(histogram::range_end - 1ns);
    EXPECT_EQ(times.above(), 0u);
    times.record(histogram::range_end);
    times.record(duration::max());
    EXPECT_EQ(times.above(), 2u);
    EXPECT_EQ(times.at(histogram::bucket_count - 1).count, 3u);
    EXPECT_EQ(times.count(), 7u);
    EXPECT_EQ(times.quantile(0.99), duration::max()) << "never less than the truth";
    EXPECT_EQ(times.count_at_most(histogram::range_end), 5u) << "never more than the truth";
    EXPECT_EQ(times.count_at_most(duration::max()), 7u);
}

TEST(histogram, a_sum_too_large_stops_instead_of_wrapping) {
    histogram times;
    times.record(100h, std::uint64_t{1} << 60);
    EXPECT_EQ(times.sum(), duration::max());
    times.record(1ns);
    EXPECT_EQ(times.sum(), duration::max());
    EXPECT_GT(times.mean(), 0ns);
}

TEST(histogram, a_share_outside_zero_to_one_is_clamped) {
    histogram times;
    times.record(1ms);
    times.record(1s);
    EXPECT_EQ(times.quantile(-1), times.quantile(0));
    EXPECT_LT(times.quantile(0), 2ms);
    EXPECT_EQ(times.quantile(2), 1s);
    EXPECT_EQ(times.quantile(std::nan("")), 1s);
}

TEST(histogram, a_share_within_a_limit_is_never_overstated) {
    histogram times;
    times.record(249ms);
    times.record(200ms);
    times.record(300ms);
    EXPECT_LE(times.count_at_most(250ms), 2u);
    EXPECT_EQ(times.count_at_most(260ms), 2u);
    EXPECT_EQ(times.count_at_most(310ms), 3u);
    EXPECT_EQ(times.count_at_most(0ns), 0u);
}

TEST(histogram, a_cumulative_count_never_falls) {
    histogram times;
    times.record(5s);
    const auto before = times.count_at_most(5s);
    times.record(6s);
    EXPECT_GE(times.count_at_most(5s), before) << "a counter that falls reads as a restart";
}

TEST(histogram, a_copy_counts_what_its_buckets_hold) {
    histogram times;
    times.record(1ms, 3);
    const histogram copy = times;
    times.record(2ms);
    EXPECT_EQ(copy.count(), 3u);
    EXPECT_EQ(copy.sum(), 3ms);
    EXPECT_EQ(copy.max(), 1ms);
}

// Any mixture of scales against the sorted samples themselves.
class histogram_property : public testing::TestWithParam<std::uint32_t> {
  protected:
    std::vector<duration> samples() {
        std::uniform_int_distribution<std::size_t> size{1, 3000};
        std::uniform_real_distribution<double> scale{std::log(2e-6), std::log(4000.0)};
        std::lognormal_distribution<double> body{scale(random), 1.5};
        std::uniform_real_distribution<double> spread{std::log(2e-6), std::log(4000.0)};
        std::vector<duration> all(size(random));
        for (duration& each : all) {
            const double seconds = random() % 4 == 0 ? std::exp(spread(random)) : body(random);
            each = of(std::clamp(seconds, 2e-6, 4000.0));
        }
        return all;
    }

    static histogram of_all(const std::vector<duration>& samples) {
        histogram times;
        for (const duration each : samples) {
            times.record(each);
        }
        return times;
    }

    std::mt19937 random{GetParam()};
};

TEST_P(histogram_property, a_quantile_is_the_order_statistic_or_up_to_one_part_in_32_more) {
    auto all = samples();
    const histogram times = of_all(all);
    std::ranges::sort(all);
    for (const double q : {0.0, 0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
        const auto rank = std::max(1.0, std::ceil(q * static_cast<double>(all.size())));
        const auto truth = all[static_cast<std::size_t>(rank) - 1];
        const duration told = times.quantile(q);
        EXPECT_GE(told, truth) << q;
        EXPECT_LE(
            static_cast<double>(told.count()),
            static_cast<double>(truth.count()) * (1 + worst_error)
        ) << q;
    }
}

TEST_P(histogram_property, count_at_most_brackets_the_truth) {
    auto all = samples();
    const histogram times = of_all(all);
    for (int i = 0; i < 50; ++i) {
        const duration bound = samples().front();
        const auto within = [&](duration limit) {
            return static_cast<std::uint64_t>(std::ranges::count_if(all, [&](duration each) {
                return each <= limit;
            }));
        };
        EXPECT_LE(times.count_at_most(bound), within(bound));
        EXPECT_GE(times.count_at_most(bound), within(bound - bound / 32 - 1ns));
    }
}

TEST_P(histogram_property, one_pass_over_many_bounds_counts_as_one_at_a_time) {
    const histogram times = of_all(samples());
    std::vector<duration> bounds = samples();
    bounds.insert(bounds.end(), {-1s, 0ns, 1us, histogram::range_end, duration::max()});
    std::ranges::sort(bounds);
    std::vector<std::uint64_t> counts(bounds.size());
    times.count_at_most(bounds, counts);
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        ASSERT_EQ(counts[i], times.count_at_most(bounds[i])) << bounds[i].count();
    }
}

TEST_P(histogram_property, merging_parts_gives_the_whole) {
    const auto all = samples();
    const histogram whole = of_all(all);
    std::vector<histogram> parts(3);
    for (const duration each : all) {
        parts[random() % parts.size()].record(each);
    }
    histogram merged;
    for (const auto& part : {parts[2], parts[0], parts[1]}) {
        merged.merge(part);
    }
    EXPECT_EQ(merged.count(), whole.count());
    EXPECT_EQ(merged.sum(), whole.sum());
    EXPECT_EQ(merged.max(), whole.max());
    std::uint64_t visited = 0;
    merged.for_each_bucket([&](const histogram::bucket& bucket) { visited += bucket.count; });
    EXPECT_EQ(visited, all.size());
    for (std::size_t i = 0; i < histogram::bucket_count; ++i) {
        ASSERT_EQ(merged.at(i).count, whole.at(i).count);
    }
}

INSTANTIATE_TEST_SUITE_P(seeds, histogram_property, testing::Range(0u, 25u));

TEST(histogram, one_thread_may_write_while_others_copy) {
    constexpr std::uint64_t writes = 20'000;
    histogram live;
    std::atomic<bool> done = false;
    std::thread writer{[&] {
        for (std::uint64_t i = 0; i < writes; ++i) {
            live.record(duration{static_cast<duration::rep>(1'000 + i * 977)});
        }
        done = true;
    }};
    std::uint64_t before = 0;
    while (!done) {
        const histogram copy = live;
        std::uint64_t in_buckets = 0;
        copy.for_each_bucket([&](const histogram::bucket& each) { in_buckets += each.count; });
        EXPECT_EQ(copy.count(), in_buckets);
        EXPECT_GE(copy.count(), before) << "counters never fall";
        before = copy.count();
    }
    writer.join();
    EXPECT_EQ(histogram{live}.count(), writes);
}

TEST(histogram, put_together_from_its_buckets_and_totals_it_is_the_same) {
    std::mt19937_64 random{7};
    histogram whole;
    for (int i = 0; i < 1'000; ++i) {
        whole.record(duration{static_cast<duration::rep>(random() >> (random() % 40 + 16))});
    }
    histogram again;
    for (std::size_t i = 0; i < histogram::bucket_count; ++i) {
        const auto bucket = whole.at(i);
        EXPECT_EQ(histogram::index_of(bucket.lower), i);
        EXPECT_EQ(histogram::index_of(bucket.upper), i);
        if (bucket.count > 0) again.add_bucket(i, bucket.count);
    }
    again.add_totals({whole.below(), whole.above(), whole.sum(), whole.max()});
    EXPECT_EQ(again.count(), whole.count());
    EXPECT_EQ(again.below(), whole.below());
    EXPECT_EQ(again.above(), whole.above());
    EXPECT_EQ(again.sum(), whole.sum());
    EXPECT_EQ(again.max(), whole.max());
    for (const double q : {0.0, 0.5, 0.9, 0.999, 1.0}) {
        EXPECT_EQ(again.quantile(q), whole.quantile(q));
    }
}

}  // namespace
}  // namespace curfew
