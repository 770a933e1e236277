#include <curfew/clients/pg/ways.hpp>

#include <gtest/gtest.h>

namespace curfew::pg {
namespace {

using lists = std::vector<std::vector<std::string>>;
using texts = std::vector<std::string>;

target named(const char* hosts) {
    return *target::parse(std::string{"postgresql://shop@"} + hosts + "/shop");
}

TEST(ways, one_address_of_each_place_at_a_time) {
    const lists all{{"::1", "127.0.0.1"}, {"10.0.0.1"}, {"10.0.0.2", "10.0.0.3", "10.0.0.4"}};
    ASSERT_EQ(ways(named("a,b,c"), all), 3U);
    EXPECT_EQ(way(all, 0), (texts{"::1", "10.0.0.1", "10.0.0.2"}));
    EXPECT_EQ(way(all, 1), (texts{"127.0.0.1", "10.0.0.1", "10.0.0.3"}));
    EXPECT_EQ(way(all, 2), (texts{"127.0.0.1", "10.0.0.1", "10.0.0.4"}));
}

TEST(ways, a_name_that_leads_nowhere_is_left_out) {
    const lists all{{}, {"10.0.0.1", "10.0.0.2"}};
    EXPECT_EQ(ways(named("a,b"), all), 2U);
    EXPECT_EQ(way(all, 1), (texts{"", "10.0.0.2"}));
}

TEST(ways, there_is_none_where_every_name_leads_nowhere) {
    EXPECT_EQ(ways(named("a,b"), lists{{}, {}}), 0U);
    EXPECT_EQ(ways(named("a,127.0.0.1"), lists{{}}), 1U);
    EXPECT_EQ(ways(named("127.0.0.1"), {}), 1U);
    EXPECT_EQ(way({}, 0), texts{});
}

}  // namespace
}  // namespace curfew::pg
