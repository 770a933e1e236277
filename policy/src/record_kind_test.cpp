#include "record_kind.hpp"

#include "key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace curfew::policy {
namespace {

using testing::ElementsAre;

TEST(record_kind, each_has_a_section_keys_and_what_is_told_of_it) {
    for (const auto* kind : record_kinds) {
        const auto path = std::string{kind->name} + ".*";
        EXPECT_EQ(std::ranges::count(sections(), path, &section::path), 1) << path;
        EXPECT_GT(std::ranges::count(keys(), kind, &key::kind), 0) << path;
        EXPECT_EQ(find_kind(kind->name), kind);
        EXPECT_TRUE(kind->one.ends_with(kind->name)) << path;
        EXPECT_EQ(kind->how_named.empty(), kind->is_matched) << path;
        EXPECT_EQ(kind->distinct.empty(), !kind->is_listed) << path;
        EXPECT_EQ(kind->fewer.empty(), kind->most == as_many_as_written) << path;
    }
}

TEST(record_kind, a_path_tells_its_kind_by_what_stands_before_the_first_dot) {
    EXPECT_EQ(kind_of("route.a.b.timeout"), find_kind("route"));
    EXPECT_EQ(kind_of("sink.*"), find_kind("sink"));
    for (const auto* none : {"route", "routes.a", "request.timeout", "", ".route"}) {
        EXPECT_EQ(kind_of(none), nullptr) << none;
    }
}

TEST(record_kind, records_are_found_where_they_were_added) {
    for (const auto* kind : record_kinds) {
        policy made;
        EXPECT_EQ(add_record(made, *kind, "a"), 0U);
        EXPECT_EQ(add_record(made, *kind, "b"), 1U);
        EXPECT_THAT(record_names(made, *kind), ElementsAre("a", "b"));
        EXPECT_EQ(find_record(made, *kind, "b"), 1U);
        EXPECT_EQ(find_record(made, *kind, "c"), std::nullopt);
        std::size_t others = 0;
        each_kind(made, [&](const record_kind& each, const auto& records) {
            others += &each == kind ? 0 : records.size();
        });
        EXPECT_EQ(others, 0U) << kind->name;
    }
}

}  // namespace
}  // namespace curfew::policy
