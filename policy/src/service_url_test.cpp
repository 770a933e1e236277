#include <curfew/policy/service_url.hpp>

#include <gtest/gtest.h>

#include <array>

namespace curfew::policy {
namespace {

constexpr std::array redis{
    known_scheme{"redis", 6379}, known_scheme{"rediss", 6380, true}, known_scheme{"", 6379}
};
constexpr std::array plain{known_scheme{}};

TEST(service_url, parts_are_told_apart) {
    EXPECT_EQ(
        parse_service_url("REDIS://me:p%3Aw@[fd00::1]:7/3", redis),
        (service_url{"redis", "me", "p:w", "fd00::1", 7, "/3"})
    );
    EXPECT_EQ(
        parse_service_url("redis://a@b:c@h", redis),
        (service_url{"redis", "a@b", "c", "h", 6379, ""})
    );
    EXPECT_EQ(parse_service_url("cache", redis), (service_url{"", "", "", "cache", 6379, ""}));
    EXPECT_EQ(
        parse_service_url("rediss://h", redis), (service_url{"rediss", "", "", "h", 6380, "", true})
    );
    EXPECT_EQ(parse_service_url("redis://h?x=1", redis)->path, "?x=1");
    EXPECT_EQ(parse_service_url("[::1]:80", plain)->shown(), "[::1]:80");
}

TEST(service_url, what_is_none_is_refused_in_one_sentence) {
    for (const auto* text :
         {"",
          "redis://",
          "redis://:6379",
          "redis://h:0",
          "redis://h:65536",
          "redis://h:x",
          "redis://a%4@h",
          "redis://a%zz@h",
          "redis://a%00@h",
          "redis://h/a b",
          "redis://h/#x",
          "redisss://h",
          "redis://h h"}) {
        const auto parsed = parse_service_url(text, redis);
        ASSERT_FALSE(parsed) << text;
        EXPECT_FALSE(parsed.error().sentence.empty());
    }
    EXPECT_EQ(parse_service_url("rdis://h", redis).error().hint, "did you mean `redis://`?");
    EXPECT_EQ(parse_service_url("h", plain).error().sentence, "it has no port");
}

}  // namespace
}  // namespace curfew::policy
