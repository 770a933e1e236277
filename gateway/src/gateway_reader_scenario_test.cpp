#include "gateway_scenario.hpp"

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

/// Clients that take their answers slowly.
struct gateway_reader_scenario : gateway_scenario {};

TEST_F(gateway_reader_scenario, a_reader_under_the_least_rate_is_cut_off_by_name) {
    rules.http.write_idle = 2s;
    rules.http.body_rate = 100'000;
    script_ = [](const std::string&) {
        return scripted_answer{.text = ok(std::string(2'000'000, 'b'))};
    };
    open();
    const auto& told = client(get("/big"), {.read_pace = 1500ms});
    const auto& fast = client(get("/big"), {.read_pace = 50ms});
    run();
    EXPECT_TRUE(told.broken);
    EXPECT_LT(told.text.size(), 1'000'000U);
    EXPECT_TRUE(fast.text.ends_with("bb")) << "it took enough";
    EXPECT_GT(fast.text.size(), 2'000'000U);
    ASSERT_EQ(events.all.size(), 2U);
    EXPECT_EQ(events.all[0].limit_name, "http.body_rate");
    EXPECT_EQ(events.all[0].ended, outcome::ignored);
    EXPECT_EQ(events.all[0].error, errc::own_timeout);
    EXPECT_EQ(shared->guards().in_flight(), 0U);
}

TEST_F(gateway_reader_scenario, a_backend_that_is_slow_on_purpose_makes_no_slow_reader) {
    rules.http.write_idle = 1s;
    rules.http.body_rate = 100'000;
    script_ = [](const std::string&) {
        return scripted_answer{
            .text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + std::string(50, 'b'),
            .rest_after = 20s,
            .rest = std::string(50, 'b')
        };
    };
    open();
    const auto& told = client(get("/trickle"));
    run();
    EXPECT_EQ(told.ended, start + 20s);
    EXPECT_FALSE(told.broken);
}

TEST_F(gateway_reader_scenario, an_event_stream_has_no_least_rate) {
    rules.http.write_idle = 2s;
    rules.http.body_rate = 100'000;
    script_ = [](const std::string&) {
        return scripted_answer{
            .text =
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                "Content-Length: 1000000\r\n\r\n" +
                std::string(1'000'000, 'e')
        };
    };
    open();
    const auto& told = client(get("/events"), {.read_pace = 1500ms});
    run();
    EXPECT_FALSE(told.broken);
    EXPECT_GT(told.text.size(), 1'000'000U);
}

}  // namespace
}  // namespace curfew::gateway
