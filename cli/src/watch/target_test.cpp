#include "target.hpp"

#include <gtest/gtest.h>

namespace curfew::cli {
namespace {

void expect_target(const std::string& text, std::string_view host, std::uint16_t port) {
    const auto made = parse_target(text);
    ASSERT_TRUE(made) << text;
    EXPECT_EQ(made->host, host) << text;
    EXPECT_EQ(made->port, port) << text;
}

TEST(watch_target, reads_addresses_as_people_copy_them) {
    expect_target("127.0.0.1:9090", "127.0.0.1", 9090);
    expect_target("localhost:1", "localhost", 1);
    expect_target("[::1]:65535", "::1", 65535);
    expect_target("http://web-1.internal:9090/", "web-1.internal", 9090);
    EXPECT_EQ(parse_target("http://a:1/")->shown, "a:1");
}

TEST(watch_target, refuses_what_is_none) {
    for (const char* text :
         {"",
          ":",
          "9090",
          "127.0.0.1",
          "127.0.0.1:",
          ":9090",
          "a:0",
          "a:65536",
          "a:-1",
          "a:9x",
          "::1:9090",
          "[::1]",
          "[a]:1",
          "a b:1",
          "a\r\nX: y:1",
          "a/b:1",
          "https://a:1"}) {
        EXPECT_FALSE(parse_target(text)) << text;
    }
    EXPECT_EQ(parse_target("\x1b[2Jx").error().sentence.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace curfew::cli
