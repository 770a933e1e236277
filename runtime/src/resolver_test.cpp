#include <curfew/runtime/resolver.hpp>
#include <curfew/runtime/task_group.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

#include <cerrno>

namespace curfew::runtime {
namespace {

using namespace std::chrono_literals;

task<> resolve_into(
    resolver& with, std::string name, scope& under, result<std::vector<endpoint>>& told
) {
    auto resolving = with.resolve(std::move(name), 80, under);
    told = co_await resolving;
}

/// What needs no server, on a simulated outside: nothing here may wait.
struct resolver_test : testing::Test {
    sim::world outside;
    loop on{outside};
    scope root{on};
    resolver names{on, {{*endpoint::parse("127.0.0.1:9")}}};

    result<std::vector<endpoint>> answer_at_once(const std::string& name) {
        result<std::vector<endpoint>> told = fail(errc::internal);
        task_group tasks;
        tasks.spawn(resolve_into(names, name, root, told));
        EXPECT_EQ(tasks.running(), 0U);
        return told;
    }
};

TEST_F(resolver_test, a_numeric_host_is_answered_at_once) {
    EXPECT_EQ(answer_at_once("192.0.2.7")->front().text(), "192.0.2.7:80");
    EXPECT_EQ(answer_at_once("2001:db8::7")->front().text(), "[2001:db8::7]:80");
}

TEST_F(resolver_test, a_name_in_the_hosts_file_is_answered_at_once) {
    const auto told = answer_at_once("localhost");
    ASSERT_TRUE(told.has_value());
    EXPECT_TRUE(told->front().is_loopback());
    EXPECT_EQ(told->front().port(), 80);
}

TEST_F(resolver_test, a_simulated_outside_has_no_name_servers) {
    const auto told = answer_at_once("no-such-host.invalid.");
    ASSERT_FALSE(told.has_value());
    EXPECT_EQ(told.error(), (failure{errc::local_resource, ENOSYS}));
}

}  // namespace
}  // namespace curfew::runtime
