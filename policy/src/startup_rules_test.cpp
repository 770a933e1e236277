#include "loaded.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace curfew::policy {
namespace {

using namespace std::chrono_literals;
using enum failure_kind;

const std::vector<failure_kind> infrastructure{database_timeout, vpc_connector, cloud_sql_capacity};

TEST(startup, only_staging_passes_over_what_the_infrastructure_fails) {
    for (const auto* environment : {"development", "staging", "production"}) {
        const auto loaded = load_text("", environment);
        ASSERT_TRUE(loaded.snapshot);
        const auto& startup = loaded.snapshot->startup;
        EXPECT_EQ(startup.bypass, environment == std::string_view{"staging"});
        EXPECT_EQ(startup.passed_over, infrastructure);
        EXPECT_EQ(startup.bypass_failures, 3U);
        EXPECT_EQ(startup.budget, 120s);
    }
}

TEST(startup, the_kinds_may_be_others) {
    const auto loaded = load_text("[startup]\nbypass_kinds = [\"network\", \"network\"]\n");
    ASSERT_TRUE(loaded.snapshot);
    EXPECT_EQ(loaded.snapshot->startup.passed_over, std::vector{network});
    EXPECT_TRUE(load_text("[startup]\nbypass_kinds = []\n").snapshot->startup.passed_over.empty());
}

TEST(startup, a_kind_that_is_none_is_told_with_its_place) {
    const auto loaded = load_text("[startup]\nbypass_kinds = [\"vpc_conector\"]\n");
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_EQ(
        sentences(loaded)[0],
        "2:16: `startup.bypass_kinds`: there is no kind of failure `vpc_conector`"
    );
    EXPECT_EQ(loaded.problems[0].hint, "did you mean `vpc_connector`?");
}

TEST(startup, what_nobody_understands_is_never_passed_over) {
    const auto loaded = load_text("[startup]\nbypass_kinds = [\"unknown\"]\n");
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_TRUE(loaded.problems[0].sentence.find("nobody understands") != std::string::npos);
}

}  // namespace
}  // namespace curfew::policy
