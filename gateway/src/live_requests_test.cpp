#include <curfew/gateway/live_requests.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

live_request request(std::size_t route, std::optional<duration> left, duration age = 1s) {
    live_request made;
    made.route = route;
    made.left = left;
    made.age = age;
    return made;
}

std::vector<std::size_t> routes_of(const live_requests& all) {
    std::vector<std::size_t> routes;
    for (const live_request& each : all.kept()) {
        routes.push_back(each.route);
    }
    return routes;
}

TEST(live_requests, keeps_the_nearest_deadlines_in_order_and_counts_all) {
    live_requests all{3};
    for (const auto& [route, left] : {std::pair{1U, 5s}, {2U, 1s}, {3U, 9s}, {4U, 3s}, {5U, 7s}}) {
        all.add(request(route, left));
    }
    EXPECT_THAT(routes_of(all), ElementsAre(2, 4, 1));
    EXPECT_EQ(all.count(), 5U);
}

TEST(live_requests, what_has_no_deadline_stands_behind_and_abandoned_work_behind_that) {
    live_requests all{8};
    live_request given_up = request(1, 1s);
    given_up.abandoned = true;
    all.add(std::move(given_up));
    all.add(request(2, std::nullopt, 1s));
    all.add(request(3, std::nullopt, 9s));
    all.add(request(4, 1h));
    EXPECT_THAT(routes_of(all), ElementsAre(4, 3, 2, 1));
}

TEST(live_requests, among_equals_the_older_is_first) {
    live_requests all{2};
    all.add(request(1, 1s, 1s));
    all.add(request(2, 1s, 4s));
    all.add(request(3, 1s, 2s));
    EXPECT_THAT(routes_of(all), ElementsAre(2, 3));
}

TEST(live_requests, without_room_nothing_is_kept) {
    live_requests none;
    none.add(request(1, 1s));
    EXPECT_TRUE(none.kept().empty());
    EXPECT_EQ(none.count(), 1U);
}

}  // namespace
}  // namespace curfew::gateway
