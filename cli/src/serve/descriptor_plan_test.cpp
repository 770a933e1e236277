#include "descriptor_plan.hpp"

#include <gtest/gtest.h>

namespace curfew::cli {
namespace {

TEST(descriptor_plan, clients_and_their_upstreams_never_reach_the_reserve) {
    for (const std::size_t limit : {64U, 100U, 256U, 1024U, 20'000U, 1'048'576U}) {
        for (const std::size_t workers : {1U, 2U, 5U}) {
            const auto plan = plan_descriptors(limit, workers, 10'000'000);
            EXPECT_LE(2 * plan.connections + plan.reserved, limit) << limit << ' ' << workers;
            EXPECT_GT(2 * (plan.connections + 1) + plan.reserved, limit) << "one more would fit";
            EXPECT_GT(plan.reserved, plan.admin + 4 * workers);
        }
    }
}

TEST(descriptor_plan, what_is_wanted_is_granted_where_it_fits) {
    EXPECT_EQ(plan_descriptors(1'048'576, 4, 10'000).connections, 10'000U);
    EXPECT_EQ(plan_descriptors(1024, 1, 7).connections, 7U);
}

TEST(descriptor_plan, it_serves_from_where_its_own_work_and_one_client_fit) {
    for (const std::size_t workers : {1U, 2U, 5U}) {
        const std::size_t least = plan_descriptors(0, workers, 100).least();
        for (const std::size_t limit : {0UZ, 12UZ, least - 1, least, least + 1}) {
            const auto plan = plan_descriptors(limit, workers, 100);
            EXPECT_EQ(plan.serves(), limit >= least) << limit << ' ' << workers;
            EXPECT_EQ(plan.connections, 1U) << limit << ' ' << workers;
            EXPECT_EQ(plan.admin, 4U);
        }
    }
}

TEST(descriptor_plan, admin_keeps_its_places_within_bounds) {
    EXPECT_EQ(plan_descriptors(1024, 1, 100).admin, 64U);
    EXPECT_EQ(plan_descriptors(1'048'576, 1, 100).admin, 256U);
}

}  // namespace
}  // namespace curfew::cli
