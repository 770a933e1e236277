#include <curfew/protocol/http1_date.hpp>

#include <gtest/gtest.h>

#include <ctime>
#include <random>
#include <string>

namespace curfew::http1 {
namespace {

std::string date(std::chrono::seconds::rep since_epoch) {
    const auto text = format_date(std::chrono::sys_seconds{std::chrono::seconds{since_epoch}});
    return {text.begin(), text.end()};
}

TEST(date, is_written_as_the_standard_writes_it) {
    EXPECT_EQ(date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(date(951'782'399), "Mon, 28 Feb 2000 23:59:59 GMT");
    EXPECT_EQ(date(951'782'400), "Tue, 29 Feb 2000 00:00:00 GMT");
    EXPECT_EQ(date(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(date, agrees_with_the_c_library) {
    std::mt19937_64 random{1};
    for (int round = 0; round < 5'000; ++round) {
        const auto at = static_cast<std::time_t>(random() % 200'000'000'000U);
        std::tm parts{};
        ASSERT_NE(::gmtime_r(&at, &parts), nullptr);
        std::array<char, 40> text{};
        std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
        ASSERT_EQ(date(at), text.data());
    }
}

}  // namespace
}  // namespace curfew::http1
