#include <curfew/load/host_meter.hpp>

#include <gtest/gtest.h>

namespace curfew::load {
namespace {

using namespace std::chrono_literals;

TEST(host_meter, busiest_five_seconds_are_found_inside_a_calm_run) {
    host_meter meter;
    duration used{};
    time_point now{};
    for (int second = 0; second <= 60; ++second) {
        meter.step({used, 0, 0}, now);
        now += 1s;
        used += second >= 20 && second < 25 ? 900ms : 100ms;
    }
    EXPECT_NEAR(meter.busiest_5s(), 0.9, 1e-9);
}

TEST(host_meter, a_short_burst_is_no_busy_five_seconds) {
    host_meter meter;
    duration used{};
    time_point now{};
    for (int second = 0; second <= 30; ++second) {
        meter.step({used, 0, 0}, now);
        now += 1s;
        used += second == 20 ? 1s : 0s;
    }
    EXPECT_NEAR(meter.busiest_5s(), 0.2, 1e-9);
}

TEST(host_meter, steal_is_a_share_of_all_cpu_time) {
    host_meter meter;
    meter.step({0s, 1000, 10}, time_point{});
    EXPECT_EQ(meter.steal_share(), 0.0);
    meter.step({0s, 3000, 60}, time_point{1s});
    EXPECT_DOUBLE_EQ(meter.steal_share(), 0.025);
}

TEST(host_meter, this_machine_can_be_read) {
    const auto before = read_cpu();
    EXPECT_GT(before.ticks, 0u);
    EXPECT_GT(read_cpu().thread, before.thread);
}

}  // namespace
}  // namespace curfew::load
