#include "packed_event.hpp"

#include "last_values.hpp"
#include "ledger_scenario.hpp"

#include <vector>

namespace curfew::ledger {
namespace {

std::vector<std::byte> packed(const event& what) {
    std::vector<std::byte> bytes(packed_size(what));
    pack(what, bytes.data());
    return bytes;
}

TEST(packed_event, comes_back_as_it_was) {
    const std::array attributes{event::attribute{"status", "504"}, event::attribute{"empty", ""}};
    event what = some_event("GET /users/{id}", outcome::timeout, 30s, time_point{7s});
    what.where = surface::database;
    what.why = {cause_kind::shed, shed_reason::memory, "request.timeout", 30s};
    what.error = errc::memory_pressure;
    what.trace = {1, 2, 3, 4};
    what.attributes = attributes;
    unpacked_event again;
    const auto bytes = packed(what);
    ASSERT_TRUE(unpack(bytes, again));
    const event& told = again.told;
    EXPECT_EQ(told.where, what.where);
    EXPECT_EQ(told.name, what.name);
    EXPECT_EQ(told.ended, what.ended);
    EXPECT_EQ(told.why, what.why);
    EXPECT_EQ(told.error, what.error);
    EXPECT_EQ(told.started, what.started);
    EXPECT_EQ(told.took, what.took);
    EXPECT_EQ(told.limit, what.limit);
    EXPECT_EQ(told.trace, what.trace);
    EXPECT_EQ(told.account.format(), what.account.format());
    ASSERT_EQ(told.attributes.size(), 2U);
    EXPECT_EQ(told.attributes[0].key, "status");
    EXPECT_EQ(told.attributes[0].value, "504");
    EXPECT_EQ(told.attributes[1].value, "");
    EXPECT_FALSE(again.cut);
}

TEST(packed_event, keeps_the_whole_key_of_a_route_with_the_longest_name) {
    const std::string key = "route." + std::string(128, 'r') + ".breaker.consecutive_failures";
    event what = some_event("GET /a", outcome::timeout, 1s, time_point{7s});
    what.why = {cause_kind::own_timeout, shed_reason::none, key, 1s};
    unpacked_event again;
    const auto bytes = packed(what);
    ASSERT_TRUE(unpack(bytes, again));
    EXPECT_EQ(again.told.why.limit_name, key);
    EXPECT_FALSE(again.cut);
}

/// Behind the last name come only those of no value at all.
template <class T>
bool is_last() {
    return to_string(static_cast<T>(last_number<T> + 1)) == to_string(static_cast<T>(255));
}

TEST(packed_event, knows_every_value_of_what_is_stored) {
    EXPECT_TRUE(is_last<surface>());
    EXPECT_TRUE(is_last<outcome>());
    EXPECT_TRUE(is_last<cause_kind>());
    EXPECT_TRUE(is_last<shed_reason>());
    EXPECT_TRUE(is_last<stage>());
    EXPECT_EQ(errc_table().size(), last_number<errc> + 1U);
    EXPECT_EQ(stage_count, last_number<stage> + 1U);
    for (unsigned kind = 0; kind <= last_number<cause_kind>; ++kind) {
        event what = some_event("a");
        what.why.kind = static_cast<cause_kind>(kind);
        unpacked_event again;
        ASSERT_TRUE(unpack(packed(what), again)) << to_string(what.why.kind);
        EXPECT_EQ(again.told.why.kind, what.why.kind);
    }
}

TEST(packed_event, texts_over_their_bounds_are_cut_and_said_to_be) {
    const std::string endless(100'000, 'x');
    const std::vector<event::attribute> many(40, event::attribute{endless, endless});
    event what = some_event(endless);
    what.attributes = many;
    for (int i = 0; i < 30; ++i) {
        what.account.add(stage::attempt, 1ms, static_cast<std::uint8_t>(i));
    }
    EXPECT_LE(packed_size(what), 2'048U) << "a ring of 16 KiB takes any event";
    unpacked_event again;
    const auto bytes = packed(what);
    ASSERT_TRUE(unpack(bytes, again));
    EXPECT_TRUE(again.cut);
    EXPECT_EQ(again.told.name.size(), name_max);
    EXPECT_EQ(again.told.attributes.size(), attributes_max);
    EXPECT_EQ(again.told.account.total(), what.account.total());
}

TEST(packed_event, every_truncation_is_refused) {
    auto bytes = packed(some_event("name", outcome::timeout));
    unpacked_event again;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(unpack(std::span{bytes}.first(size), again)) << size;
    }
    bytes.push_back({});
    EXPECT_FALSE(unpack(bytes, again));
}

TEST(packed_event, texts_that_pack_would_have_cut_are_refused) {
    const std::array attributes{event::attribute{"key", "value"}};
    event what = some_event("name", outcome::timeout);
    what.attributes = attributes;
    const auto sound = packed(what);
    const std::size_t at_key =
        sound.size() - std::string_view{"key"}.size() - std::string_view{"value"}.size() - 2;
    const auto grown = [&](std::size_t at, std::size_t size) {
        auto bytes = sound;
        bytes.resize(sound.size() + size, std::byte{'x'});
        bytes[at] = static_cast<std::byte>(std::to_integer<std::size_t>(bytes[at]) + size);
        return bytes;
    };
    unpacked_event again;
    EXPECT_TRUE(unpack(grown(at_key + 1, attribute_value_max - 5), again));
    EXPECT_FALSE(unpack(grown(at_key + 1, attribute_value_max - 4), again));
}

TEST(packed_event, changed_bytes_are_refused_or_read_as_a_valid_event) {
    random_events some{5};
    std::size_t refused = 0;
    for (int i = 0; i < 50'000; ++i) {
        auto bytes = packed(some.next({}));
        bytes[some.number() % bytes.size()] = static_cast<std::byte>(some.number());
        unpacked_event again;
        if (!unpack(bytes, again)) {
            ++refused;
            continue;
        }
        EXPECT_FALSE(to_string(again.told.where).empty());
        EXPECT_FALSE(to_string(again.told.why.kind).empty());
        EXPECT_LE(again.told.account.entries().size(), time_account::capacity);
    }
    EXPECT_GT(refused, 1'000U);
}

}  // namespace
}  // namespace curfew::ledger
