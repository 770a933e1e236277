#include "loaded.hpp"

#include <gtest/gtest.h>

#include <map>

namespace curfew::policy {
namespace {

using namespace std::chrono_literals;

TEST(kind_rules, the_built_in_ones_are_there_without_a_file) {
    const auto loaded = load_text("");
    ASSERT_TRUE(loaded.snapshot);
    const std::map<std::string, duration> known{
        {"quick", 30s},
        {"quality", 30s},
        {"unit", 60s},
        {"coverage", 90s},
        {"integration", 120s},
        {"mission_critical", 120s},
        {"security", 180s},
        {"e2e", 300s},
        {"performance", 300s},
    };
    ASSERT_EQ(loaded.snapshot->kinds.size(), known.size());
    for (const auto& each : loaded.snapshot->kinds) {
        EXPECT_EQ(each.timeout, known.at(each.name)) << each.name;
        EXPECT_EQ(each.grace, 5s);
        EXPECT_EQ(each.leak, leak_rule::warn);
        EXPECT_TRUE(each.command.empty());
    }
}

TEST(kind_rules, a_file_changes_one_and_adds_others) {
    const auto loaded = load_text(
        "[kind.unit]\ncommand = [\"make\", \"test\"]\nwarn = \"45s\"\n"
        "[kind.fuzz]\non_timeout = \"pass\"\nleak = \"fail\"\nretries = 2\ngrace = \"0s\"\n"
    );
    ASSERT_TRUE(loaded.snapshot) << sentences(loaded)[0];
    const auto* unit = loaded.snapshot->find_kind("unit");
    ASSERT_NE(unit, nullptr);
    EXPECT_EQ(unit->timeout, 60s);
    EXPECT_EQ(unit->warn, 45s);
    EXPECT_EQ(unit->command, (std::vector<std::string>{"make", "test"}));
    const auto* fuzz = loaded.snapshot->find_kind("fuzz");
    ASSERT_NE(fuzz, nullptr);
    EXPECT_EQ(fuzz->timeout, 30min);
    EXPECT_EQ(fuzz->on_timeout, timeout_verdict::pass);
    EXPECT_EQ(fuzz->leak, leak_rule::fail);
    EXPECT_EQ(fuzz->retries, 2U);
    EXPECT_EQ(loaded.snapshot->find_kind("units"), nullptr);
}

TEST(kind_rules, what_cannot_be_is_one_sentence_with_its_place) {
    const std::pair<const char*, const char*> wrong[]{
        {"[kind.unit]\nwarn = \"1m\"\n",
         "2:8: `kind.unit.warn` (1m) must be less than `kind.unit.timeout` (1m)"},
        {"[kind.unit]\ntimout = \"1m\"\n", "2:1: there is no key `timout` in `kind.*`"},
        {"[kind.unit]\non_timeout = \"maybe\"\n", "2:14: `kind.unit.on_timeout` cannot be \"maybe\""
        },
    };
    for (const auto& [text, sentence] : wrong) {
        const auto loaded = load_text(text);
        ASSERT_EQ(loaded.problems.size(), 1U) << text;
        EXPECT_TRUE(sentences(loaded)[0].starts_with(sentence)) << sentences(loaded)[0];
    }
}

}  // namespace
}  // namespace curfew::policy
