#include <curfew/preflight/decision.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace curfew::preflight {
namespace {

using enum failure_kind;

const std::vector<failure_kind> infrastructure{database_timeout, vpc_connector, cloud_sql_capacity};
const bypass_rules strict{};
const bypass_rules staging{true, infrastructure, 3};

struct row {
    std::string_view environment;
    std::vector<failure_kind> failed;
    bool told;
    decision expected;
    std::string_view why;
};

// The whole of what may come out, as data.
const std::vector<row> table{
    {"staging", {}, false, decision::start, "every check passed"},
    {"staging", {}, true, decision::start, "every check passed"},
    {"staging",
     {vpc_connector},
     false,
     decision::start_degraded,
     "1 check failed: every failure is of the infrastructure, and staging passes over at most 3"},
    {"staging",
     {vpc_connector, database_timeout, cloud_sql_capacity},
     false,
     decision::start_degraded,
     "3 checks failed: every failure is of the infrastructure, and staging passes over at most 3"},
    {"staging",
     {vpc_connector, vpc_connector, vpc_connector, vpc_connector},
     false,
     decision::block,
     "4 checks failed: that is more than the 3 failures of the infrastructure that may be passed "
     "over"},
    {"staging",
     {vpc_connector, unknown},
     false,
     decision::block,
     "2 checks failed: a failure of the kind unknown is none of the infrastructure"},
    {"staging",
     {network},
     false,
     decision::block,
     "1 check failed: a failure of the kind network is none of the infrastructure"},
    {"staging",
     {unknown},
     true,
     decision::start_degraded,
     "1 check failed: a failure of the kind unknown is none of the infrastructure; but "
     "BYPASS_STARTUP_VALIDATION is true"},
    {"production",
     {vpc_connector},
     false,
     decision::block,
     "1 check failed: production starts only when every check passes"},
    {"development",
     {database_timeout},
     false,
     decision::block,
     "1 check failed: development starts only when every check passes"},
    {"production",
     {schema},
     true,
     decision::start_degraded,
     "1 check failed: production starts only when every check passes; but "
     "BYPASS_STARTUP_VALIDATION is true"},
};

TEST(decision, is_what_the_table_says) {
    for (const auto& [environment, failed, told, expected, why] : table) {
        const auto& rules = environment == "staging" ? staging : strict;
        const auto made = decide(failed, rules, told, environment);
        EXPECT_EQ(made.made, expected) << why;
        EXPECT_EQ(made.why, why);
        EXPECT_EQ(exit_code_of(made.made), expected == decision::block ? 1 : 0);
    }
}

TEST(decision, what_the_rules_allow_nobody_needs_to_tell) {
    EXPECT_FALSE(decide(infrastructure, staging, true, "staging").told);
    EXPECT_TRUE(decide(infrastructure, strict, true, "production").told);
}

TEST(decision, one_failure_that_is_not_listed_blocks_however_many_are) {
    std::mt19937 random{7};
    for (int round = 0; round < 1'000; ++round) {
        std::vector<failure_kind> failed(random() % 6);
        for (auto& kind : failed) {
            kind = policy::all_kinds[random() % policy::all_kinds.size()];
        }
        const bool all_listed = std::ranges::all_of(failed, [](failure_kind kind) {
            return std::ranges::find(infrastructure, kind) != infrastructure.end();
        });
        const auto made = decide(failed, staging, false, "staging").made;
        EXPECT_EQ(made == decision::block, !failed.empty() && (!all_listed || failed.size() > 3));
        EXPECT_EQ(made == decision::start, failed.empty());
    }
}

TEST(decision, where_no_failure_may_be_passed_over_any_blocks) {
    const bypass_rules none{true, infrastructure, 0};
    EXPECT_EQ(decide({{vpc_connector}}, none, false, "staging").made, decision::block);
}

TEST(read_override, is_strict) {
    for (const auto* yes : {"true", "TRUE", "True"}) {
        EXPECT_EQ(read_override(yes), true) << yes;
    }
    for (const auto* no : {"", "false", "FALSE"}) {
        EXPECT_EQ(read_override(no), false) << no;
    }
    for (const auto* neither : {"1", "yes", "on", " true", "tru", "truee", "0"}) {
        EXPECT_FALSE(read_override(neither)) << neither;
    }
}

}  // namespace
}  // namespace curfew::preflight
