#include "value_text.hpp"

#include <gtest/gtest.h>

namespace curfew::policy {
namespace {

TEST(address_text, reads_ip_addresses_and_localhost_with_a_port) {
    EXPECT_EQ(parse_address("127.0.0.1:8080"), (address{"127.0.0.1", 8080}));
    EXPECT_EQ(parse_address("[::1]:0"), (address{"::1", 0}));
    EXPECT_EQ(parse_address("localhost:65535"), (address{"localhost", 65535}));
    EXPECT_EQ(format(address{"::1", 80}), "[::1]:80");
}

TEST(address_text, refuses_what_would_have_to_be_guessed) {
    for (const auto* text :
         {"",
          ":8080",
          "8080",
          "127.0.0.1",
          "127.0.0.1:",
          "127.0.0.1:65536",
          "127.0.0.1:+1",
          "127.0.0.1:80 ",
          "127.1:80",
          "::1:80",
          "[::1]",
          "[::1]x:80",
          "[127.0.0.1]:80",
          "example.org:80",
          "[::1:80",
          "256.0.0.1:80"}) {
        EXPECT_FALSE(parse_address(text)) << text;
    }
}

TEST(address_text, knows_loopback) {
    EXPECT_TRUE(is_loopback({"127.9.9.9", 1}));
    EXPECT_TRUE(is_loopback({"::1", 1}));
    EXPECT_TRUE(is_loopback({"::ffff:127.0.0.1", 1}));
    EXPECT_TRUE(is_loopback({"localhost", 1}));
    EXPECT_FALSE(is_loopback({"0.0.0.0", 1}));
    EXPECT_FALSE(is_loopback({"::", 1}));
    EXPECT_FALSE(is_loopback({"128.0.0.1", 1}));
}

TEST(url_text, reads_http_with_host_and_port) {
    EXPECT_EQ(parse_url("http://127.0.0.1:8000"), (http_url{"127.0.0.1", 8000}));
    EXPECT_EQ(parse_url("http://backend.internal/"), (http_url{"backend.internal", 80}));
    EXPECT_EQ(parse_url("http://[fd00::1]:81"), (http_url{"fd00::1", 81}));
    EXPECT_EQ(format(http_url{"fd00::1", 81}), "http://[fd00::1]:81");
}

TEST(url_text, https_is_refused_in_one_sentence) {
    EXPECT_EQ(
        parse_url("https://example.org").error().sentence,
        "https to an upstream is not supported yet; only http:// is"
    );
}

TEST(url_text, refuses_what_it_would_have_to_drop) {
    for (const auto* text :
         {"",
          "http://",
          "example.org",
          "ftp://x",
          "http://x/path",
          "http://x?q",
          "http://x#f",
          "http://u:p@x",
          "http://x:0",
          "http://x:65536",
          "http://x:",
          "http://a b",
          "http://-x",
          "http://a..b",
          "http://[x]",
          "HTTP://x"}) {
        EXPECT_FALSE(parse_url(text)) << text;
    }
}

network::bytes four(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
}

TEST(network_text, a_block_contains_its_first_and_last_address_and_not_its_neighbours) {
    const auto block = parse_network("10.1.2.128/25");
    ASSERT_TRUE(block);
    EXPECT_TRUE(block->contains(four(10, 1, 2, 128)));
    EXPECT_TRUE(block->contains(four(10, 1, 2, 255)));
    EXPECT_FALSE(block->contains(four(10, 1, 2, 127)));
    EXPECT_FALSE(block->contains(four(10, 1, 3, 128)));
    EXPECT_EQ(format(*block), "10.1.2.128/25");
}

TEST(network_text, the_ends_of_the_prefix_range_work) {
    EXPECT_TRUE(parse_network("0.0.0.0/0")->contains(four(9, 9, 9, 9)));
    EXPECT_TRUE(parse_network("::/0")->contains(four(9, 9, 9, 9)));
    EXPECT_FALSE(parse_network("0.0.0.0/0")->contains(network::bytes{}));
    EXPECT_TRUE(parse_network("1.2.3.4")->contains(four(1, 2, 3, 4)));
    EXPECT_FALSE(parse_network("1.2.3.4")->contains(four(1, 2, 3, 5)));
    EXPECT_EQ(format(*parse_network("fd00::/8")), "fd00::/8");
}

TEST(network_text, refuses_bits_behind_the_prefix_and_shows_the_block) {
    EXPECT_EQ(parse_network("10.0.0.1/8").error().hint, "did you mean \"10.0.0.0/8\"?");
    for (const auto* text :
         {"", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8", "x"}) {
        EXPECT_FALSE(parse_network(text)) << text;
    }
}

}  // namespace
}  // namespace curfew::policy
