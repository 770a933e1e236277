#include "access_sample.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace curfew::cli {
namespace {

using namespace std::chrono_literals;

event request(std::uint64_t high, std::uint64_t low) {
    event what;
    what.took = 5ms;
    what.limit = 30s;
    what.trace = {high, low, 1, 1};
    return what;
}

TEST(access_sample, the_whole_is_every_request_and_each_line_stands_for_one) {
    const access_sample all{1};
    for (std::uint64_t n = 1; n < 1'000; ++n) {
        EXPECT_EQ(all.one_in(request(n, n * 77)), 1);
    }
}

TEST(access_sample, lines_stand_for_about_as_many_requests_as_there_were) {
    const auto seed = std::random_device{}();
    std::mt19937_64 random{seed};
    for (const double part : {0.5, 0.1, 0.01}) {
        const access_sample tried{part};
        double random_traces = 0;
        double counted_up = 0;
        constexpr int requests = 200'000;
        for (std::uint64_t n = 1; n <= requests; ++n) {
            random_traces += tried.one_in(request(random(), random()));
            counted_up += tried.one_in(request(0, n));
        }
        EXPECT_NEAR(random_traces / requests, 1, 0.15) << "seed " << seed << ", part " << part;
        EXPECT_NEAR(counted_up / requests, 1, 0.15) << "part " << part;
    }
}

TEST(access_sample, every_process_on_the_way_chooses_the_same_requests) {
    const access_sample first{0.2};
    const access_sample same{0.2};
    const access_sample smaller{0.05};
    std::mt19937_64 random{7};
    int chosen = 0;
    for (int n = 0; n < 20'000; ++n) {
        const auto what = request(random(), random());
        EXPECT_EQ(first.one_in(what), same.one_in(what));
        if (smaller.one_in(what) != 0) {
            ++chosen;
            EXPECT_NE(first.one_in(what), 0) << "a smaller part is contained in a larger one";
        }
    }
    EXPECT_GT(chosen, 500);
}

TEST(access_sample, what_was_slow_or_no_plain_success_always_has_a_line_of_its_own) {
    const access_sample few{0.0001};
    for (std::uint64_t n = 1; n < 200; ++n) {
        auto failed = request(n, n);
        failed.ended = outcome::failure;
        auto refused = request(n, n);
        refused.ended = outcome::ignored;
        refused.why = {cause_kind::shed, shed_reason::queue_full, {}, {}, 0, {}};
        auto near = request(n, n);
        near.took = 29s;
        auto slow = request(n, n);
        const std::array attributes{event::attribute{"slow", "true"}};
        slow.attributes = attributes;
        for (const event& each : {failed, refused, near, slow}) {
            EXPECT_EQ(few.one_in(each), 1);
        }
    }
}

}  // namespace
}  // namespace curfew::cli
