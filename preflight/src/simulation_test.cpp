#include <curfew/preflight/simulation.hpp>

#include <gtest/gtest.h>

namespace curfew::preflight {
namespace {

using enum failure_kind;

TEST(read_simulation, kinds_are_separated_by_commas_and_may_come_again) {
    const auto read = read_simulation("vpc_connector,vpc_connector,unknown");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->failed, (std::vector{vpc_connector, vpc_connector, unknown}));
    EXPECT_FALSE(read->all_of_it);
}

TEST(read_simulation, nothing_said_is_nothing_failed) {
    const auto read = read_simulation("");
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->failed.empty());
}

TEST(read_simulation, spaces_around_a_kind_mean_nothing) {
    const auto read = read_simulation("disk, network ");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->failed.size(), 2U);
}

TEST(read_simulation, infrastructure_pressure_is_all_of_it) {
    EXPECT_TRUE(read_simulation("infrastructure-pressure")->all_of_it);
}

TEST(read_simulation, bad_input_is_one_sentence_with_a_hint) {
    const auto slip = read_simulation("vpc_conector");
    ASSERT_FALSE(slip);
    EXPECT_EQ(slip.error().sentence, "there is no kind of failure `vpc_conector`");
    EXPECT_EQ(slip.error().hint, "did you mean `vpc_connector`?");
    const auto stranger = read_simulation("network,earthquake");
    ASSERT_FALSE(stranger);
    EXPECT_TRUE(stranger.error().hint.starts_with("the kinds are database_timeout, "));
    for (const auto* text : {",", "network,", ",network", "network,,disk", "net work", " "}) {
        EXPECT_FALSE(read_simulation(text)) << text;
    }
    const auto both = read_simulation("infrastructure-pressure,auth");
    ASSERT_FALSE(both);
    EXPECT_EQ(both.error().sentence, "`infrastructure-pressure` stands alone");
    std::string many = "disk";
    for (int i = 0; i < 100; ++i)
        many += ",disk";
    EXPECT_FALSE(read_simulation(many));
}

TEST(simulate_all, only_listed_kinds_in_staging_and_up_to_three_start_degraded) {
    const std::vector<environment_rules> environments{
        {"development", {}},
        {"staging", {true, {database_timeout, vpc_connector, cloud_sql_capacity}, 3}},
        {"production", {}},
    };
    const auto all = simulate_all(environments, false);
    EXPECT_EQ(all.size(), 3u * policy::all_kinds.size() * (simulated_most + 1));
    for (const auto& [environment, kind, count, made] : all) {
        const bool listed =
            kind == database_timeout || kind == vpc_connector || kind == cloud_sql_capacity;
        const bool degraded = environment == "staging" && listed && count <= 3;
        const auto expected = count == 0 ? decision::start
                              : degraded ? decision::start_degraded
                                         : decision::block;
        EXPECT_EQ(made, expected) << environment << ' ' << to_string(kind) << " x" << count;
    }
}

TEST(simulate_all, told_to_nothing_blocks) {
    const std::vector<environment_rules> environments{{"production", {}}};
    for (const auto& cell : simulate_all(environments, true)) {
        EXPECT_EQ(cell.made, cell.count == 0 ? decision::start : decision::start_degraded);
    }
}

}  // namespace
}  // namespace curfew::preflight
