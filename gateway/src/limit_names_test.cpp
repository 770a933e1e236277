#include <curfew/gateway/limit_names.hpp>

#include <gtest/gtest.h>

namespace curfew::gateway {
namespace {

TEST(limit_names, are_the_keys_of_the_policy_where_a_route_says_nothing) {
    limit_name_store store;
    EXPECT_EQ(store.keep(policy::route_limit_keys{}), limit_names{});
}

TEST(limit_names, outlive_the_policy_and_are_kept_once) {
    limit_name_store store;
    const void* first = nullptr;
    for (int reload = 0; reload < 3; ++reload) {
        policy::route_limit_keys of;
        of.timeout = "route.a report with a long name.timeout";
        const auto names = store.keep(of);
        of.timeout.assign(of.timeout.size(), '-');
        EXPECT_EQ(names.timeout, "route.a report with a long name.timeout");
        EXPECT_EQ(names.queue, "gateway.queue");
        EXPECT_TRUE(first == nullptr || first == names.timeout.data());
        first = names.timeout.data();
    }
}

}  // namespace
}  // namespace curfew::gateway
