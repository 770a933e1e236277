#include "http1_samples.hpp"
#include <curfew/protocol/http1_body.hpp>
#include <curfew/protocol/http1_parser.hpp>
#include <curfew/protocol/http1_writer.hpp>

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

namespace curfew::http1 {

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using trouble = wire_writer::trouble;

TEST(wire_writer, writes_a_response) {
    std::array<char, 200> room;
    wire_writer out{room};
    out.status_line(503);
    out.field_line(field_id::retry_after, 2);
    out.field_line("X-Cause", "queue_full");
    out.field_line(field_id::content_length, std::numeric_limits<std::uint64_t>::max());
    out.end_head();
    EXPECT_TRUE(out.ok());
    EXPECT_EQ(
        out.written(),
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nX-Cause: queue_full\r\n"
        "Content-Length: 18446744073709551615\r\n\r\n"
    );
}

TEST(wire_writer, keeps_the_space_after_a_status_it_has_no_reason_for) {
    std::array<char, 64> room;
    wire_writer out{room};
    out.status_line(599);
    EXPECT_EQ(out.written(), "HTTP/1.1 599 \r\n");
}

TEST(wire_writer, writes_whole_parts_or_nothing) {
    const auto fill = [](wire_writer& out) {
        out.request_line("GET", "/");
        out.field_line(field_id::host, "example.org");
        out.end_head();
    };
    std::array<char, 100> room;
    wire_writer whole{room};
    fill(whole);
    const std::string expected{whole.written()};
    for (std::size_t size = 0; size < expected.size(); ++size) {
        std::array<char, 100> other;
        other.fill('#');
        wire_writer out{std::span{other}.first(size)};
        fill(out);
        EXPECT_EQ(out.why(), trouble::no_room) << size;
        EXPECT_TRUE(expected.starts_with(out.written())) << size;
        EXPECT_TRUE(out.written().empty() || out.written().ends_with("\r\n")) << size;
        EXPECT_EQ(other[size], '#') << size;
    }
    wire_writer exact{std::span{room}.first(expected.size())};
    fill(exact);
    EXPECT_TRUE(exact.ok());
    EXPECT_EQ(exact.room_left(), 0u);
}

TEST(wire_writer, writes_nothing_after_trouble_until_it_is_cleared) {
    std::array<char, 8> room;
    wire_writer out{room};
    out.text("123456789");
    out.text("1");
    EXPECT_EQ(out.written(), "");
    out.clear();
    out.decimal(1);
    EXPECT_TRUE(out.ok());
    EXPECT_EQ(out.written(), "1");
}

TEST(wire_writer, lets_nothing_be_smuggled_through_it) {
    const auto trouble_of = [](auto write) {
        std::array<char, 100> room;
        wire_writer out{room};
        write(out);
        EXPECT_TRUE(out.ok() || out.written().empty());
        return out.why();
    };
    for (const auto value : {"a\r\nX: b"sv, "a\nb"sv, "a\0b"sv, "a\r"sv}) {
        EXPECT_EQ(trouble_of([&](auto& out) { out.field_line("X", value); }), trouble::invalid);
        EXPECT_EQ(
            trouble_of([&](auto& out) { out.field_line(field_id::date, value); }), trouble::invalid
        );
        EXPECT_EQ(trouble_of([&](auto& out) { out.status_line(200, value); }), trouble::invalid);
        EXPECT_EQ(trouble_of([&](auto& out) { out.request_line("GET", value); }), trouble::invalid);
        EXPECT_EQ(trouble_of([&](auto& out) { out.request_line(value, "/"); }), trouble::invalid);
        EXPECT_EQ(trouble_of([&](auto& out) { out.field_line(value, "x"); }), trouble::invalid);
    }
    EXPECT_EQ(trouble_of([](auto& out) { out.request_line("GET", "/a b"); }), trouble::invalid);
    EXPECT_EQ(trouble_of([](auto& out) { out.request_line("GET", ""); }), trouble::invalid);
    EXPECT_EQ(trouble_of([](auto& out) { out.field_line("", "x"); }), trouble::invalid);
    EXPECT_EQ(
        trouble_of([](auto& out) { out.field_line(field_id::other, "x"); }), trouble::invalid
    );
    EXPECT_EQ(trouble_of([](auto& out) { out.status_line(42); }), trouble::invalid);
    EXPECT_EQ(trouble_of([](auto& out) { out.chunk_head(0); }), trouble::invalid);
}

TEST(wire_writer, writes_chunks_that_the_decoder_takes_apart) {
    std::array<char, 100> room;
    wire_writer out{room};
    out.chunk_head(10);
    out.text("0123456789");
    out.chunk_tail();
    out.last_chunk();
    ASSERT_EQ(out.written(), "a\r\n0123456789\r\n0\r\n\r\n");
    body_decoder decoder{{body_kind::chunked, 0}};
    const auto first = decoder.step(out.written());
    EXPECT_EQ(first.data, "0123456789");
    decoder.step(out.written().substr(first.consumed));
    EXPECT_TRUE(decoder.finished());
}

TEST(wire_writer, never_needs_more_than_chunk_head_bytes) {
    std::array<char, chunk_head_bytes> room;
    wire_writer out{room};
    out.chunk_head(std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(out.written(), "ffffffffffffffff\r\n");
}

class written_request : public testing::TestWithParam<std::string_view> {};

TEST_P(written_request, parses_to_what_it_was_written_from) {
    std::array<field, 100> storage;
    request_parser parser{storage};
    ASSERT_EQ(parser.step(GetParam()), progress::done);
    const request_head& head = parser.head();
    std::array<char, 4096> room;
    wire_writer out{room};
    out.request_line(head.method_name, head.target);
    for (const field& one : head.fields)
        out.field_line(one);
    if (!head.fields.present.contains(field_id::host)) out.field_line(field_id::host, "a");
    out.end_head();
    ASSERT_TRUE(out.ok());

    std::array<field, 100> again_storage;
    request_parser again{again_storage};
    ASSERT_EQ(again.step(out.written()), progress::done);
    EXPECT_EQ(again.head().method_name, head.method_name);
    EXPECT_EQ(again.head().target, head.target);
    EXPECT_EQ(again.head().body, head.body);
    ASSERT_GE(again.head().fields.all.size(), head.fields.all.size());
    for (std::size_t i = 0; i < head.fields.all.size(); ++i) {
        EXPECT_EQ(again.head().fields.all[i].name, head.fields.all[i].name);
        EXPECT_EQ(again.head().fields.all[i].value, head.fields.all[i].value);
        EXPECT_EQ(again.head().fields.all[i].hop_by_hop, head.fields.all[i].hop_by_hop);
    }
}

INSTANTIATE_TEST_SUITE_P(all, written_request, testing::ValuesIn(samples::good_requests));

TEST(reason_phrase, is_known_for_each_status_we_answer_with) {
    for (const errc_entry& row : errc_table()) {
        if (row.http_status == 0 || row.http_status == 499) continue;
        EXPECT_FALSE(reason_phrase(row.http_status).empty()) << row.http_status;
    }
    EXPECT_EQ(reason_phrase(200), "OK");
    EXPECT_EQ(reason_phrase(299), "");
}

}  // namespace

}  // namespace curfew::http1
