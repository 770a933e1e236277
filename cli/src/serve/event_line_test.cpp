#include "event_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curfew::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

event refused(const cause& why, errc code) {
    event what;
    what.name = "GET /a";
    what.ended = outcome::ignored;
    what.why = why;
    what.error = code;
    return what;
}

std::string text(const event& what) {
    return text_line(policy::severity::warning, what, 0);
}

std::string json(const event& what) {
    return json_line(policy::severity::warning, what, 0);
}

TEST(event_line, a_limit_that_is_no_time_is_told_by_its_name_alone) {
    const auto full =
        refused({cause_kind::shed, shed_reason::queue_full, "gateway.queue"}, errc::queue_full);
    EXPECT_THAT(text(full), HasSubstr("shed (queue_full) gateway.queue, queue-full"));
    EXPECT_THAT(json(full), HasSubstr(R"("limit":"gateway.queue")"));
    EXPECT_THAT(json(full), Not(HasSubstr("limit_ms")));
    EXPECT_THAT(json(full), Not(HasSubstr("limit_value")));
}

TEST(event_line, a_size_is_told_as_a_number_and_a_broken_rule_in_words) {
    const auto large = refused(
        {cause_kind::rejected, shed_reason::none, "http.header_bytes", {}, 4096, "it is too large"},
        errc::header_too_large
    );
    EXPECT_THAT(
        text(large), HasSubstr("http.header_bytes 4096, header-too-large: it is too large")
    );
    EXPECT_THAT(json(large), HasSubstr(R"("limit":"http.header_bytes","limit_value":4096)"));
    EXPECT_THAT(json(large), HasSubstr(R"("detail":"it is too large")"));
}

TEST(event_line, a_time_is_told_as_one_even_when_it_is_zero) {
    const auto late = refused(
        {cause_kind::own_timeout, shed_reason::none, "request.timeout", 5s}, errc::own_timeout
    );
    EXPECT_THAT(text(late), HasSubstr("request.timeout 5.000 s, own-timeout"));
    const auto nothing =
        refused({cause_kind::shed, shed_reason::no_time_left, "grpc-timeout"}, errc::no_time_left);
    EXPECT_THAT(text(nothing), HasSubstr("grpc-timeout 0.000 s, no-time-left"));
}

TEST(event_line, what_a_backend_prints_is_one_object_of_valid_utf8) {
    const auto told = json_output("python3", "say \"hi\"\t\xff \xc3\xa4");
    EXPECT_THAT(told, HasSubstr(R"("level":"info","backend":"python3",)"));
    EXPECT_THAT(told, HasSubstr("\"line\":\"say \\\"hi\\\"\\u0009\\ufffd \xc3\xa4\"}"));
    EXPECT_THAT(json_output("sh", ""), HasSubstr(R"("line":"")"));
}

TEST(event_line, a_long_line_is_told_in_objects_that_a_pipe_takes_whole) {
    for (const char* unit : {"x", "\"", "\x01", "\xff", "\xe2\x82\xac"}) {
        std::string text;
        while (text.size() < 4000) {
            text += unit;
        }
        const auto told = json_output(std::string(4000, 'n'), text) + '\n';
        std::size_t began = 0;
        for (auto end = told.find('\n'); end != told.npos; end = told.find('\n', began)) {
            EXPECT_LE(end + 1 - began, 4096U);
            EXPECT_EQ(told.substr(began, 14), R"({"timestamp":")");
            EXPECT_EQ(told.substr(end - 2, 2), "\"}");
            began = end + 1;
        }
    }
}

}  // namespace
}  // namespace curfew::cli
