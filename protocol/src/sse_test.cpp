#include <curfew/protocol/sse.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace curfew::sse {
namespace {

using namespace std::string_literals;

/// All events of `text`, given in pieces of `piece` bytes: `name|data`.
std::vector<std::string> events_of(parser& of, std::string_view text, std::size_t piece) {
    std::vector<std::string> found;
    while (!text.empty() && !of.failed()) {
        std::string_view part = text.substr(0, piece);
        text.remove_prefix(part.size());
        while (!part.empty() && !of.failed()) {
            const auto taken = of.step(part);
            part.remove_prefix(taken.consumed);
            if (taken.complete) {
                const auto event = of.current();
                found.push_back(std::string{event.name} + '|' + std::string{event.data});
            }
        }
    }
    return found;
}

std::vector<std::string> events_of(std::string_view text) {
    parser whole;
    parser bytes;
    const auto at_once = events_of(whole, text, text.size());
    EXPECT_EQ(events_of(bytes, text, 1), at_once) << "where it is cut makes a difference";
    EXPECT_EQ(whole.why(), bytes.why());
    return at_once;
}

parser::trouble trouble_of(std::string_view text) {
    parser one;
    events_of(one, text, 3);
    return one.why();
}

using strings = std::vector<std::string>;

TEST(sse_parser, reads_events_with_names_and_lines) {
    EXPECT_EQ(events_of("event: state\ndata: {}\n\n"), strings{"state|{}"});
    EXPECT_EQ(events_of("data: a\ndata: b\n\ndata:c\n\n"), (strings{"|a\nb", "|c"}));
    EXPECT_EQ(events_of("event: a\r\ndata: 1\r\n\r\n"), strings{"a|1"});
    EXPECT_EQ(events_of("data\n\n"), strings{"|"}) << "a field without a colon is an empty one";
    EXPECT_EQ(events_of("data:  two spaces\n\n"), strings{"| two spaces"});
}

TEST(sse_parser, drops_what_is_no_event) {
    EXPECT_EQ(events_of(":\n\n: comment\nid: 7\nretry: 5\nunknown: x\n\n"), strings{});
    EXPECT_EQ(events_of("event: lost\n\ndata: x\n\n"), strings{"|x"}) << "a name without data";
    EXPECT_EQ(events_of("data: unfinished\n"), strings{});
    EXPECT_EQ(
        events_of("\xef\xbb\xbf"
                  "data: marked\n\n"),
        strings{"|marked"}
    );
}

TEST(sse_parser, hears_heartbeats) {
    parser one;
    EXPECT_FALSE(one.heard());
    EXPECT_FALSE(one.step(heartbeat).complete);
    EXPECT_TRUE(one.heard());
    EXPECT_FALSE(one.heard());
}

TEST(sse_parser, refuses_what_is_not_text_or_lines) {
    EXPECT_EQ(trouble_of("data: a\rdata: b\n\n"), parser::trouble::bad_line_end);
    EXPECT_EQ(trouble_of("data: \xff\n\n"), parser::trouble::bad_text);
    EXPECT_EQ(trouble_of("data: \0\n\n"s), parser::trouble::bad_text);
    EXPECT_EQ(trouble_of("data: ok\n\n"), parser::trouble::none);
}

TEST(sse_parser, an_event_over_the_limit_ends_the_stream) {
    parser one{16};
    const std::string line(17, 'x');
    EXPECT_TRUE(events_of(one, "data: " + line, 4).empty());
    EXPECT_EQ(one.why(), parser::trouble::too_long);
    EXPECT_EQ(one.step("data: more\n\n").consumed, 0U);

    parser lines{16};
    EXPECT_TRUE(events_of(lines, "data: 12345678\ndata: 12345678\n\n", 4).empty());
    EXPECT_EQ(lines.why(), parser::trouble::too_long);
}

TEST(sse_parser, a_line_that_never_ends_is_bounded_too) {
    parser one{1024};
    const std::string endless(4096, ':');
    events_of(one, endless, 100);
    EXPECT_EQ(one.why(), parser::trouble::too_long);
}

TEST(sse_writer, writes_what_is_read_back) {
    std::string text;
    append_event(text, "end", "one\n\ntwo");
    append_event(text, "state", "");
    EXPECT_EQ(events_of(text), (strings{"end|one\n\ntwo", "state|"}));
}

}  // namespace
}  // namespace curfew::sse
