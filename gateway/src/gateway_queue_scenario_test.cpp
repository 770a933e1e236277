#include "gateway_scenario.hpp"

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

/// A waiter's grant against its deadline, through the whole gateway: one place, three seconds each.
struct gateway_queue_scenario : gateway_scenario {
    gateway_queue_scenario() { rules.limiter.initial = 1; }
};

TEST_F(gateway_queue_scenario, a_waiter_has_expired_at_the_very_instant_at_which_a_place_is_freed) {
    script_ = [](const std::string&) { return scripted_answer{.after = 3s, .text = ok("done")}; };
    open();
    const auto& holder = client(get("/a"));
    const auto& expired = client(get("/a", "X-Curfew-Timeout-Ms: 2000\r\n"), {.begin = 1s});
    const auto& patient = client(get("/a"), {.begin = 2s});
    run();
    EXPECT_EQ(holder.first, start + 3s);
    EXPECT_EQ(expired.first, start + 3s);
    EXPECT_EQ(expired.status(), 503);
    EXPECT_TRUE(expired.has("queue-timeout")) << expired.text;
    EXPECT_TRUE(expired.has("\"limit_ms\":2000")) << expired.text;
    EXPECT_EQ(patient.status(), 200);
    EXPECT_EQ(patient.first, start + 6s) << "the place went to the next one at that instant";
    EXPECT_EQ(seen.size(), 2U) << "what has expired is not sent upstream";
}

TEST_F(
    gateway_queue_scenario,
    a_waiter_whose_time_ends_a_moment_later_is_granted_and_keeps_its_deadline
) {
    script_ = [](const std::string&) { return scripted_answer{.after = 3s, .text = ok("done")}; };
    open();
    client(get("/a"));
    const auto& late = client(get("/a", "X-Curfew-Timeout-Ms: 2001\r\n"), {.begin = 1s});
    run();
    EXPECT_EQ(late.status(), 504);
    EXPECT_EQ(late.first, start + 3001ms);
    EXPECT_TRUE(late.has("\"queue\":2000")) << late.text;
    EXPECT_TRUE(late.has("\"attempt_1\":1")) << late.text;
    EXPECT_EQ(seen.size(), 2U);
}

}  // namespace
}  // namespace curfew::gateway
