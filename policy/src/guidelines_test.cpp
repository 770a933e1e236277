#include "loaded.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace curfew::policy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> warned(std::string_view text, std::string_view environment = {}) {
    std::vector<std::string> all;
    for (const auto& each : load_text(text, environment).warnings) {
        all.push_back(each.origin + ": " + each.sentence);
    }
    return all;
}

TEST(guidelines, what_is_set_beside_them_is_warned_of_and_stays_valid) {
    const std::string text = "[database]\nconnection = \"25s\"\ninitialization = \"60s\"\n";
    EXPECT_THAT(
        warned(text),
        ElementsAre("curfew.toml:3:18: `database.initialization` (1m) is outside the guideline for "
                    "development, 20s to 30s")
    );
    EXPECT_THAT(
        warned(text, "production"),
        ElementsAre("curfew.toml:2:14: `database.connection` (25s) is outside the guideline for "
                    "production, 1m to 90s")
    );
    const auto made = load_text(text);
    EXPECT_TRUE(made.snapshot);
    EXPECT_EQ(made.warnings.at(0).source, "initialization = \"60s\"");
    EXPECT_EQ(made.warnings.at(0).hint, "what takes longer rarely comes at all");
}

TEST(guidelines, the_ends_of_a_range_are_within_it) {
    for (const auto* environment : {"development", "staging", "production"}) {
        EXPECT_THAT(warned("", environment), IsEmpty());
    }
    EXPECT_THAT(warned("[database]\nconnection = \"20s\"\ninitialization = \"30s\""), IsEmpty());
    EXPECT_EQ(warned("[database]\nconnection = \"19999ms\"").size(), 1U);
    EXPECT_THAT(
        warned("[database]\nconnection = \"75s\"\ninitialization = \"95s\"", "staging"), IsEmpty()
    );
}

TEST(guidelines, only_what_somebody_set_and_only_in_the_three_environments_is_warned_of) {
    const std::string text =
        "[env.canary.database]\nconnection = \"1s\"\n[env.staging.database]\nconnection = "
        "\"80s\"\n";
    EXPECT_THAT(warned(text, "canary"), IsEmpty());
    EXPECT_THAT(warned(text, "staging"), IsEmpty());
    EXPECT_EQ(warned("[database]\nconnection = \"100s\"", "staging").size(), 1U)
        << "that initialization gave way is nobody's doing";
    sources from;
    from.variables = {{"CURFEW_DATABASE_CONNECTION", "5s"}};
    EXPECT_EQ(load(from).warnings.at(0).origin, "CURFEW_DATABASE_CONNECTION");
}

TEST(guidelines, a_policy_with_problems_has_no_warnings) {
    const auto made = load_text("[database]\nconnection = \"5s\"\n[server]\nadmin = \"0.0.0.0:1\"");
    EXPECT_EQ(made.problems.size(), 1U);
    EXPECT_THAT(made.warnings, IsEmpty());
}

}  // namespace
}  // namespace curfew::policy
