#include <curfew/gateway/deadline_fields.hpp>

#include <gtest/gtest.h>

namespace curfew::gateway {
namespace {

using http1::field_id;
using namespace std::chrono_literals;

std::optional<duration> curfew_ms(std::string_view value) {
    return parse_timeout(field_id::x_curfew_timeout_ms, value);
}

std::optional<duration> request_timeout(std::string_view value) {
    return parse_timeout(field_id::x_request_timeout, value);
}

std::optional<duration> grpc(std::string_view value) {
    return parse_timeout(field_id::grpc_timeout, value);
}

TEST(deadline_fields, milliseconds_are_a_whole_number_and_nothing_else) {
    EXPECT_EQ(curfew_ms("1500"), 1500ms);
    EXPECT_EQ(curfew_ms("0"), 0ns);
    for (const char* bad :
         {"", " 1", "1 ", "+1", "- 1", "--1", "-", "-x", "1.5", "0x10", "1e3", "1,2", "1500ms"}) {
        EXPECT_EQ(curfew_ms(bad), std::nullopt) << bad;
    }
}

TEST(deadline_fields, more_than_a_day_is_a_day_and_nothing_overflows) {
    EXPECT_EQ(curfew_ms("999999999999999999"), 24h);
    EXPECT_EQ(curfew_ms(std::string(300, '9')), 24h);
    EXPECT_EQ(grpc("99999999H"), 24h);
    EXPECT_EQ(request_timeout("24h59m59s"), 24h);
    EXPECT_EQ(request_timeout("999999999999999999"), 24h);
}

TEST(deadline_fields, grpc_has_one_unit_and_at_most_eight_digits) {
    EXPECT_EQ(grpc("1H"), 1h);
    EXPECT_EQ(grpc("2M"), 2min);
    EXPECT_EQ(grpc("3S"), 3s);
    EXPECT_EQ(grpc("4m"), 4ms);
    EXPECT_EQ(grpc("5u"), 5us);
    EXPECT_EQ(grpc("00000006n"), 6ns);
    for (const char* bad :
         {"", "S", "1", "1s", "123456789S", "1.5S", "-", "-S", "-1", "-1.5S", "1SS"}) {
        EXPECT_EQ(grpc(bad), std::nullopt) << bad;
    }
}

TEST(deadline_fields, request_timeout_is_seconds_or_a_duration_text) {
    EXPECT_EQ(request_timeout("5"), 5s);
    EXPECT_EQ(request_timeout("2.5"), 2500ms);
    EXPECT_EQ(request_timeout("0.000000001"), 1ns);
    EXPECT_EQ(request_timeout("250ms"), 250ms);
    EXPECT_EQ(request_timeout("1.5s"), 1500ms);
    EXPECT_EQ(request_timeout("1h30m"), 90min);
    EXPECT_EQ(request_timeout("1m30s5ms"), 90s + 5ms);
    for (const char* bad :
         {"",
          ".5",
          "5.",
          "5 s",
          "s",
          "1s1s",
          "30s1m",
          "1d",
          "1.2.3",
          "1m2",
          "-",
          "-s",
          "1m-1s",
          "soon"}) {
        EXPECT_EQ(request_timeout(bad), std::nullopt) << bad;
    }
}

TEST(deadline_fields, a_number_below_zero_has_expired_in_every_form) {
    EXPECT_EQ(curfew_ms("-1"), 0ns);
    EXPECT_EQ(curfew_ms("-0"), 0ns);
    EXPECT_EQ(curfew_ms("-9999999999999999999999"), 0ns);
    EXPECT_EQ(parse_timeout(field_id::x_envoy_expected_rq_timeout_ms, "-1"), 0ns);
    for (const char* below : {"-1H", "-1M", "-1S", "-1m", "-1u", "-1n", "-00000001n"}) {
        EXPECT_EQ(grpc(below), 0ns) << below;
    }
    for (const char* below : {"-1", "-2.5", "-0.0", "-1ms", "-1.5s", "-1h30m"}) {
        EXPECT_EQ(request_timeout(below), 0ns) << below;
    }
}

TEST(deadline_fields, the_shortest_wins_and_the_malformed_is_ignored) {
    const std::array fields{
        http1::field{"X-Request-Timeout", "nonsense", field_id::x_request_timeout},
        http1::field{"grpc-timeout", "3S", field_id::grpc_timeout},
        http1::field{"X-Curfew-Timeout-Ms", "1200", field_id::x_curfew_timeout_ms},
        http1::field{"X-Curfew-Timeout-Ms", "1100", field_id::x_curfew_timeout_ms},
        http1::field{"Accept", "0", field_id::accept},
    };
    http1::field_list list{fields, {}};
    for (const auto& field : fields)
        list.present.insert(field.id);
    const auto shortest = read_callers_timeout(list);
    ASSERT_TRUE(shortest);
    EXPECT_EQ(shortest->timeout, 1100ms);
    EXPECT_EQ(shortest->field, field_id::x_curfew_timeout_ms);
    EXPECT_EQ(read_callers_timeout({}), std::nullopt);
}

TEST(deadline_fields, zero_has_expired_on_arrival_and_is_the_callers) {
    const time_point arrival{1h};
    const auto limit = callers_timeout{0ns, field_id::grpc_timeout}.from(arrival);
    EXPECT_TRUE(limit.at.expired(arrival));
    EXPECT_EQ(limit.expired_cause().kind, cause_kind::inherited_deadline);
}

}  // namespace
}  // namespace curfew::gateway
