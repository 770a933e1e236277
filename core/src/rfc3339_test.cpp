#include <curfew/core/rfc3339.hpp>

#include <gtest/gtest.h>

namespace curfew {
namespace {

using namespace std::chrono_literals;
using wall = std::chrono::sys_time<duration>;

TEST(rfc3339, tells_utc_to_the_millisecond) {
    EXPECT_EQ(rfc3339(wall{1'700'000'000'123ms}), "2023-11-14T22:13:20.123Z");
    EXPECT_EQ(rfc3339(wall{}), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(rfc3339(wall{-1ms}), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(rfc3339(wall{951'782'400s}), "2000-02-29T00:00:00.000Z");
}

}  // namespace
}  // namespace curfew
