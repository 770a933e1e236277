#include <curfew/process/listener.hpp>

#include <gtest/gtest.h>

namespace curfew::process {
namespace {

runtime::endpoint at(std::string_view text) {
    return *runtime::endpoint::parse(text);
}

constexpr std::string_view head =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n";

TEST(listener, the_kernels_table_is_read_and_only_what_listens_is_kept) {
    const auto four = parse_listeners(
        std::string{head} +
        "   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        "
        "0 48211 1 0000000000000000 100 0 0 10 0\n"
        "   1: 0100007F:1F41 0100007F:A0B2 01 00000000:00000000 00:00000000 00000000  1000        "
        "0 48212 1 0000000000000000 100 0 0 10 0\n"
        "   2: 0100007F:1F42 00000000:0000 0A\n"
    );
    ASSERT_EQ(four.size(), 1U);
    EXPECT_EQ(four[0].at, at("127.0.0.1:8000"));
    EXPECT_EQ(four[0].inode, 48211U);

    const auto six = parse_listeners(
        "   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A "
        "00000000:00000000 00:00000000 00000000     0        0 77 1 0000000000000000 100\n"
    );
    ASSERT_EQ(six.size(), 1U);
    EXPECT_EQ(six[0].at, at("[::1]:80"));
    EXPECT_EQ(six[0].inode, 77U);
}

TEST(listener, wildcards_take_connections_to_loopback_and_to_no_address_that_may_be_elsewhere) {
    EXPECT_TRUE(takes_connections_to(at("127.0.0.1:8000"), at("127.0.0.1:8000")));
    EXPECT_TRUE(takes_connections_to(at("0.0.0.0:8000"), at("127.0.0.1:8000")));
    EXPECT_TRUE(takes_connections_to(at("[::]:8000"), at("127.0.0.1:8000"))) << "dual stack";
    EXPECT_TRUE(takes_connections_to(at("[::]:8000"), at("[::1]:8000")));
    EXPECT_TRUE(takes_connections_to(at("[::ffff:127.0.0.1]:8000"), at("127.0.0.1:8000")));
    EXPECT_TRUE(takes_connections_to(at("10.0.0.5:8000"), at("10.0.0.5:8000")));

    EXPECT_FALSE(takes_connections_to(at("0.0.0.0:8000"), at("127.0.0.1:8001")));
    EXPECT_FALSE(takes_connections_to(at("0.0.0.0:8000"), at("10.0.0.5:8000")));
    EXPECT_FALSE(takes_connections_to(at("0.0.0.0:8000"), at("[::1]:8000")));
    EXPECT_FALSE(takes_connections_to(at("127.0.0.2:8000"), at("127.0.0.1:8000")));
}

TEST(listener, whose_address_nobody_listens_at_here_is_unknown) {
    EXPECT_EQ(find_owner(at("127.0.0.1:1"), {}, {}).whose, ownership::unknown);
}

}  // namespace
}  // namespace curfew::process
