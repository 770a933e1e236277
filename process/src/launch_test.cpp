#include "launch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace curfew::process {
namespace {

using testing::Contains;
using testing::ElementsAre;

command named(std::string program, std::string path) {
    command what;
    what.arguments = {std::move(program)};
    what.environment = {{"PATH", std::move(path)}};
    return what;
}

TEST(launch, a_name_is_tried_in_every_folder_of_path_in_order) {
    const launch prepared{named("tool", "/a:/b"), "m"};
    EXPECT_THAT(prepared.candidates(), ElementsAre("/a/tool", "/b/tool"));
}

TEST(launch, an_empty_element_of_path_is_the_current_folder) {
    const launch prepared{named("tool", ":/b:"), "m"};
    EXPECT_THAT(prepared.candidates(), ElementsAre("./tool", "/b/tool", "./tool"));
}

TEST(launch, a_name_with_a_slash_is_not_looked_up) {
    const launch prepared{named("./tool", "/a:/b"), "m"};
    EXPECT_THAT(prepared.candidates(), ElementsAre("./tool"));
}

TEST(launch, additions_replace_and_the_marker_wins) {
    auto what = named("tool", "/a");
    what.environment.emplace_back("CURFEW_UNIT", "forged");
    what.environment.emplace_back("PATH", "/c");
    const launch prepared{what, "true-marker"};
    EXPECT_THAT(prepared.environment(), Contains("CURFEW_UNIT=true-marker"));
    EXPECT_THAT(prepared.environment(), testing::Not(Contains("CURFEW_UNIT=forged")));
    EXPECT_EQ(
        std::ranges::count_if(
            prepared.environment(), [](const auto& entry) { return entry.starts_with("PATH="); }
        ),
        1
    );
    EXPECT_THAT(prepared.candidates(), ElementsAre("/c/tool"));
}

}  // namespace
}  // namespace curfew::process
