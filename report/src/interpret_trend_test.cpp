#include <curfew/report/trend.hpp>

#include <gmock/gmock.h>

#include <random>

namespace curfew::report {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr ledger::wall_time noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h};
constexpr std::size_t slots = 96;

/// What one operation does in a slot, by chance.
struct habit {
    double operations = 200;
    double timeouts = 0.02;
    double p95_ms = 80;
    double noise = 0.1;
};

class trend_maker {
  public:
    explicit trend_maker(unsigned seed) : random_{seed} {}

    trend_slot slot(const habit& of) {
        trend_slot made;
        made.ended = std::poisson_distribution<std::uint64_t>{of.operations}(random_);
        made.timed_out =
            std::binomial_distribution<std::uint64_t>{made.ended, of.timeouts}(random_);
        made.completed = made.ended - made.timed_out;
        const double factor = std::exp(of.noise * normal_(random_));
        for (std::size_t i = 0; i < trend_quantiles.size(); ++i) {
            const double ms = of.p95_ms * factor * (0.5 + 0.2 * static_cast<double>(i));
            made.took[i] = duration{static_cast<duration::rep>(ms * 1e6)};
        }
        made.queued = duration{static_cast<duration::rep>(1e6 * std::exp(normal_(random_)))};
        return made;
    }

    /// `changed`: the habits from slot `at` on.
    trend make(std::size_t operations, const habit& usual, std::size_t at, const habit& changed) {
        trend made;
        made.from = noon;
        made.slot_length = 15min;
        made.to = noon + made.slot_length * slots;
        made.seconds.assign(slots, 900);
        made.all.slots.resize(slots);
        for (std::size_t i = 0; i < operations; ++i) {
            auto& one = made.operations.emplace_back();
            one.name = "GET /" + std::to_string(i);
            for (std::size_t s = 0; s < slots; ++s) {
                const bool is_it = i == 0 && s >= at;
                one.slots.push_back(slot(is_it ? changed : usual));
                one.count += one.slots.back().ended;
                add(made.all, s, one.slots.back());
            }
        }
        interpret(made);
        return made;
    }

    trend quiet(std::size_t operations, const habit& usual) {
        return make(operations, usual, slots, usual);
    }

  private:
    static void add(operation_trend& to, std::size_t s, const trend_slot& more) {
        auto& sum = to.slots[s];
        sum.ended += more.ended;
        sum.timed_out += more.timed_out;
        sum.completed += more.completed;
        sum.queued = more.queued;
        for (std::size_t i = 0; i < trend_quantiles.size(); ++i) {
            sum.took[i] = std::max(sum.took[i], more.took[i]);
        }
        to.count += more.ended;
    }

    std::mt19937_64 random_;
    std::normal_distribution<double> normal_;
};

std::size_t changes_of(const trend& in) {
    std::size_t sum = in.all.changes.size();
    for (const auto& each : in.operations) {
        sum += each.changes.size();
    }
    return sum;
}

TEST(interpret_trend, raises_no_alarm_where_nothing_changed) {
    int changed = 0;
    int related = 0;
    for (unsigned seed = 0; seed < 1'000; ++seed) {
        const auto made = trend_maker{seed}.quiet(2, {});
        EXPECT_EQ(made.series_searched, 9U);
        changed += changes_of(made) > 0 ? 1 : 0;
        related += std::ranges::any_of(made.relations, &trend_relation::clear) ? 1 : 0;
    }
    RecordProperty("changed", changed);
    RecordProperty("related", related);
    EXPECT_LE(changed, 15) << "of 1000 trends of 9 series; 10 are allowed on average";
    EXPECT_LE(related, 15);
}

TEST(interpret_trend, raises_no_alarm_where_timeouts_are_rare_and_times_wild) {
    int changed = 0;
    for (unsigned seed = 0; seed < 1'000; ++seed) {
        const auto made = trend_maker{seed}.quiet(
            1, {.operations = 30, .timeouts = 0.002, .p95_ms = 80, .noise = 1.5}
        );
        changed += changes_of(made) > 0 ? 1 : 0;
    }
    RecordProperty("changed", changed);
    EXPECT_LE(changed, 15);
}

TEST(interpret_trend, finds_a_step_in_latency_at_its_slot_and_nowhere_else) {
    habit slow;
    slow.p95_ms = 160;
    for (unsigned seed = 0; seed < 20; ++seed) {
        const auto made = trend_maker{seed}.make(5, {}, 60, slow);
        const auto& of = made.operations[0];
        ASSERT_EQ(of.changes.size(), 1U);
        const auto& change = of.changes[0];
        EXPECT_EQ(change.of, measure::latency);
        EXPECT_NEAR(static_cast<double>(change.point.index), 60, 1);
        EXPECT_EQ(change.at, noon + change.point.index * 15min);
        EXPECT_NEAR(change.point.change, 1, 0.2);
        for (std::size_t i = 1; i < made.operations.size(); ++i) {
            EXPECT_TRUE(made.operations[i].changes.empty());
        }
    }
}

TEST(interpret_trend, finds_timeouts_that_became_frequent) {
    habit worse;
    worse.timeouts = 0.1;
    const auto made = trend_maker{1}.make(2, {}, 40, worse);
    ASSERT_FALSE(made.operations[0].changes.empty());
    EXPECT_EQ(made.operations[0].changes[0].of, measure::timeout_rate);
    EXPECT_NEAR(static_cast<double>(made.operations[0].changes[0].point.index), 40, 3);
}

TEST(interpret_trend, names_the_deploy_beside_a_change_and_none_that_is_far) {
    habit slow;
    slow.p95_ms = 300;
    trend_maker maker{3};
    trend made = maker.make(1, {}, 60, slow);
    ASSERT_EQ(made.all.changes.size(), 1U);
    const auto at = made.all.changes[0].at;
    made.path = "ledger.db";
    const auto again = [&](ledger::wall_time when) {
        trend fresh = made;
        fresh.marks = {{when, "v1.4", false}};
        fresh.all.changes.clear();
        fresh.all.outlooks.clear();
        fresh.operations[0].changes.clear();
        fresh.operations[0].outlooks.clear();
        fresh.relations.clear();
        interpret(fresh);
        return to_text(fresh);
    };
    EXPECT_THAT(again(at - 2min), HasSubstr("it began 2m after the deploy of \"v1.4\""));
    EXPECT_THAT(again(at + 2min), HasSubstr("\"v1.4\" was deployed in that slot"));
    EXPECT_THAT(again(at - 3h), Not(HasSubstr("the deploy of")));
    EXPECT_THAT(again(at + 3h), Not(HasSubstr("was deployed in that slot")));
}

TEST(interpret_trend, looks_ahead_from_the_last_change_only) {
    habit slow;
    slow.p95_ms = 400;
    const auto made = trend_maker{5}.make(1, {}, 60, slow);
    ASSERT_FALSE(made.all.changes.empty());
    const auto found = std::ranges::find(made.all.outlooks, measure::latency, &trend_outlook::of);
    ASSERT_NE(found, made.all.outlooks.end());
    EXPECT_EQ(found->since, made.all.changes.back().at);
    EXPECT_EQ(found->next.next.size(), 9U) << "a quarter of the 36 slots";
    EXPECT_GT(found->next.next.back().value, 0.24) << "the new level, not one between both";
    EXPECT_LT(found->next.next.back().value, 0.33);
    ASSERT_TRUE(found->next.next.front().likely);
}

TEST(interpret_trend, says_that_it_cannot_know_where_there_is_too_little) {
    const auto made = trend_maker{1}.quiet(1, {.operations = 3, .timeouts = 0});
    EXPECT_FALSE(made.all.quantile);
    EXPECT_EQ(made.series_searched, 1U) << "the rate alone has enough in its slots";
    EXPECT_THAT(to_text(made), HasSubstr("too few slots"));
}

TEST(interpret_trend, a_slot_that_nobody_recorded_is_no_zero) {
    trend made = trend_maker{1}.quiet(1, {});
    for (std::size_t i = 30; i < 50; ++i) {
        made.seconds[i] = 0;
        made.all.slots[i] = made.operations[0].slots[i] = {};
    }
    made.all.changes.clear();
    made.operations[0].changes.clear();
    interpret(made);
    EXPECT_EQ(changes_of(made), 0U);
    EXPECT_THAT(to_text(made), HasSubstr("nobody recorded in the others"));
}

TEST(interpret_trend, tells_what_moves_with_the_load_and_how_much_later) {
    trend_maker maker{9};
    trend made = maker.quiet(1, {});
    std::mt19937_64 random{4};
    std::vector<double> load(slots);
    for (auto& each : load) {
        each = std::uniform_real_distribution<double>{100, 1'000}(random);
    }
    for (std::size_t i = 0; i < slots; ++i) {
        const double before = i == 0 ? load[0] : load[i - 1];
        made.all.slots[i] = maker.slot({.operations = load[i], .timeouts = before / 5'000});
    }
    made.operations[0].slots = made.all.slots;
    made.relations.clear();
    interpret(made);
    ASSERT_EQ(made.relations.size(), 4U);
    EXPECT_TRUE(made.relations[0].clear);
    EXPECT_EQ(made.relations[0].found.lag, 1U);
    EXPECT_GT(made.relations[0].found.rank, 0.7);
    EXPECT_THAT(to_text(made), HasSubstr("the timeout rate with the rate: rank correlation +0."));
    EXPECT_THAT(to_text(made), HasSubstr("15m later"));
}

}  // namespace
}  // namespace curfew::report
