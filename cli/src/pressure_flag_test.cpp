#include "pressure_flag.hpp"

#include <curfew/policy/load.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace curfew::cli {
namespace {

std::string told(const std::vector<std::string>& flags) {
    const auto read = read_pressure(flags, *policy::load({}).snapshot);
    if (!read) return read.error().sentence + " | " + read.error().hint;
    std::string text;
    for (const auto& [name, value] : *read) {
        text += name + ' ' + std::to_string(value) + ' ';
    }
    return text;
}

TEST(pressure_flag, names_signals_between_commas_and_again) {
    EXPECT_EQ(told({}), "");
    EXPECT_EQ(told({"memory"}), "memory 1.000000 ");
    EXPECT_EQ(
        told({"memory=0.25,cpu", "psi_io=0"}), "memory 0.250000 cpu 1.000000 psi_io 0.000000 "
    );
}

TEST(pressure_flag, what_is_no_signal_is_told_which_was_meant) {
    EXPECT_EQ(told({"memroy"}), "the policy has no signal `memroy` | did you mean `memory`?");
    EXPECT_EQ(
        told({"x"}),
        "the policy has no signal `x` | there is: vpc_connector_scaling, cloud_sql_capacity, "
        "memory, cpu, loop_lag, psi_cpu, psi_memory, psi_io"
    );
    for (const auto* none : {"", "memory,", ",memory", "=1"}) {
        EXPECT_EQ(told({none}), "--pressure names no signal | write --pressure NAME or NAME=VALUE")
            << none;
    }
    EXPECT_EQ(told({"cpu", "cpu=0"}), "--pressure names `cpu` twice | name it once");
}

TEST(pressure_flag, a_value_is_a_number_from_0_to_1) {
    for (const std::string none :
         {"nan", "-nan", "inf", "-0.1", "1.0001", "", "1x", "half", " 1"}) {
        EXPECT_EQ(
            told({"cpu=" + none}),
            "the value of a signal is from 0 to 1, not `" + none + "` | write --pressure cpu=0.5"
        );
    }
}

}  // namespace
}  // namespace curfew::cli
