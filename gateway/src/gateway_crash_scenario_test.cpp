#include "gateway_scenario.hpp"

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

TEST_F(gateway_scenario, what_was_let_in_before_the_backend_ended_is_not_sent_to_the_next_one) {
    script_ = [](const std::string&) { return scripted_answer{.text = ok("new")}; };
    rules.backend.command = {"server"};
    open();
    outside.set_link(9000, {.latency = 300ms});
    const auto& told = client(get("/a"));
    run_for(100ms);
    shared->guards().set_upstream(0, upstream_state::starting, {}, on.now());
    run_for(900ms);
    EXPECT_EQ(connections, 1U);
    EXPECT_TRUE(seen.empty()) << "it waits as everybody does";
    shared->guards().set_upstream(0, upstream_state::up, {}, on.now());
    run();
    EXPECT_EQ(told.status(), 200);
    EXPECT_EQ(seen.size(), 1U);
}

}  // namespace
}  // namespace curfew::gateway
