#include "key.hpp"
#include "loaded.hpp"
#include "sensor.hpp"
#include <curfew/policy/transition.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace curfew::policy {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const signal_policy& signal_in(const loading& of, std::string_view name) {
    return *std::ranges::find(of.snapshot->signals, name, &signal_policy::name);
}

TEST(signal_rules, the_built_in_ones_are_there_without_a_file) {
    const auto made = load({});
    ASSERT_TRUE(made.snapshot);
    std::vector<std::string> names;
    for (const auto& signal : made.snapshot->signals) {
        names.push_back(signal.name);
    }
    EXPECT_THAT(
        names,
        ElementsAre(
            "vpc_connector_scaling",
            "cloud_sql_capacity",
            "memory",
            "cpu",
            "loop_lag",
            "psi_cpu",
            "psi_memory",
            "psi_io"
        )
    );
    EXPECT_THAT(
        signal_in(made, "vpc_connector_scaling").stretched,
        ElementsAre(stretch{"database.connection", 1.5})
    );
    EXPECT_THAT(
        signal_in(made, "cloud_sql_capacity").stretched,
        ElementsAre(stretch{"database.initialization", 1.2})
    );
    EXPECT_EQ(signal_in(made, "cloud_sql_capacity").source, sensor::none);
    EXPECT_EQ(signal_in(made, "memory").begins_at, 800'000);
    EXPECT_EQ(signal_in(made, "memory").full_at, 950'000);
    EXPECT_EQ(signal_in(made, "psi_io").full, "60%");
    EXPECT_EQ(signal_in(made, "loop_lag").begins_at, duration{10ms}.count());
    EXPECT_EQ(signal_in(made, "loop_lag").hold, 10s);
    EXPECT_THAT(signal_in(made, "cpu").stretched, IsEmpty());
    EXPECT_THAT(made.set_keys(), IsEmpty());
}

TEST(signal_rules, a_built_in_one_is_explained_as_built_in) {
    const auto made = load({});
    const auto why = made.explain("signal.vpc_connector_scaling.stretches");
    ASSERT_TRUE(why);
    EXPECT_EQ(why->value, "[\"database.connection x1.5\"]");
    EXPECT_EQ(why->default_value, why->value);
    EXPECT_EQ(why->variable, "CURFEW_SIGNAL_VPC_CONNECTOR_SCALING_STRETCHES");
    ASSERT_EQ(why->statements.size(), 1U);
    EXPECT_EQ(why->statements[0].said_by, layer::builtin);
    EXPECT_EQ(why->statements[0].origin, "built-in");
    EXPECT_EQ(made.explain("signal.memory.begins")->statements.back().origin, "the sensor's own");
    EXPECT_THAT(
        made.keys_below("signal.memory"),
        ElementsAre(
            "signal.memory.sensor",
            "signal.memory.begins",
            "signal.memory.full",
            "signal.memory.hold",
            "signal.memory.stretches",
            "signal.memory.allow_shrink"
        )
    );
    EXPECT_EQ(made.keys_below("signal").front(), "signal.vpc_connector_scaling.stretches");
    const auto unknown = made.explain("signal.memroy.hold").error();
    EXPECT_EQ(unknown.sentence, "the policy has no signal `memroy`");
    EXPECT_EQ(unknown.hint, "did you mean `signal.memory.hold`?");
}

TEST(signal_rules, each_layer_changes_a_built_in_one) {
    sources from;
    from.file_text =
        "[signal.vpc_connector_scaling]\nstretches = [\"database.connection x2\"]\n"
        "[env.staging.signal.vpc_connector_scaling]\nstretches = [\"database.query x3\"]\n"
        "[signal.deploy]\nhold = \"0s\"\n";
    const auto stretched = [&] {
        const auto made = load(from);
        EXPECT_TRUE(made.snapshot) << format(made.problems.at(0));
        return signal_in(made, "vpc_connector_scaling").stretched;
    };
    EXPECT_THAT(stretched(), ElementsAre(stretch{"database.connection", 2}));
    from.environment = "staging";
    EXPECT_THAT(stretched(), ElementsAre(stretch{"database.query", 3}));
    from.variables = {
        {"CURFEW_SIGNAL_VPC_CONNECTOR_SCALING_STRETCHES",
         "database.connection x1.25  request.timeout  x1.5"},
        {"CURFEW_SIGNAL_MEMORY_SENSOR", "loop_lag"},
        {"CURFEW_SIGNAL_DEPLOY_HOLD", "3s"},
    };
    EXPECT_THAT(
        stretched(),
        ElementsAre(stretch{"database.connection", 1.25}, stretch{"request.timeout", 1.5})
    );
    const auto made = load(from);
    EXPECT_EQ(signal_in(made, "memory").full, "100ms");
    EXPECT_EQ(signal_in(made, "deploy").hold, 3s);
    EXPECT_EQ(made.snapshot->signals.back().name, "deploy");
    from.variables = {{"CURFEW_SIGNAL_MEMROY_HOLD", "3s"}};
    EXPECT_EQ(load(from).problems.at(0).hint, "did you mean CURFEW_SIGNAL_MEMORY_HOLD?");
}

TEST(signal_rules, of_two_readings_the_one_that_nobody_said_gives_way) {
    const auto readings = [](std::string_view sensor, std::string_view said) {
        const auto made =
            load_text("[signal.a]\nsensor = \"" + std::string{sensor} + "\"\n" + std::string{said});
        if (!made.snapshot) return std::pair<std::string, std::string>{};
        const auto& signal = signal_in(made, "a");
        EXPECT_LT(signal.begins_at, signal.full_at);
        return std::pair{signal.begins, signal.full};
    };
    const auto pair = [](auto a, auto b) { return std::pair<std::string, std::string>{a, b}; };
    EXPECT_EQ(readings("memory", ""), pair("80%", "95%"));
    EXPECT_EQ(readings("memory", "begins = \"94.5%\""), pair("94.5%", "95%"));
    EXPECT_EQ(readings("memory", "begins = \"95%\""), pair("95%", "100%"));
    EXPECT_EQ(readings("memory", "full = \"80%\""), pair("40%", "80%"));
    EXPECT_EQ(readings("loop_lag", "begins = \"1s\""), pair("1s", "2s"));
    EXPECT_EQ(readings("loop_lag", "full = \"3ms\""), pair("1ms500us", "3ms"));
    EXPECT_EQ(readings("memory", "begins = \"100%\""), pair("", ""));
    EXPECT_EQ(readings("memory", "full = \"0%\""), pair("", ""));
    EXPECT_EQ(
        load_text("[signal.a]\nsensor = \"memory\"\nfull = \"8%\"")
            .explain("signal.a.begins")
            ->statements.back()
            .origin,
        "gave way to signal.a.full"
    );
}

struct bad {
    std::string_view text;  ///< below [signal.a], or a whole file
    std::string_view said;
    std::string_view hint;
};

TEST(signal_rules, what_is_wrong_is_said_with_its_place) {
    const std::vector<bad> cases{
        {"stretches = [\"databse.connection x2\"]",
         "2:13: `signal.a.stretches`: there is no key `databse.connection`",
         "did you mean `database.connection`?"},
        {"stretches = [\"gateway.queue x2\"]",
         "2:13: `signal.a.stretches`: `gateway.queue` is no time",
         "a signal stretches times alone"},
        {"stretches = [\"upstream.main.connect_timeout x2\"]",
         "2:13: `signal.a.stretches`: `upstream.main.connect_timeout` is of an upstream",
         "a signal stretches times of the policy itself, such as `database.connection`"},
        {"stretches = [\"signal.a.hold x2\"]",
         "2:13: `signal.a.stretches`: `signal.a.hold` is of a signal",
         "a signal stretches times of the policy itself, such as `database.connection`"},
        {"stretches = [\"database.connection\"]",
         "2:13: `signal.a.stretches`: `database.connection` does not say how far",
         "write it as \"database.connection x1.5\""},
        {"stretches = [\"\"]",
         "2:13: `signal.a.stretches`: `` does not say how far",
         "write it as \"database.connection x1.5\""},
        {"stretches = [\"database.query x2\", \"database.query x3\"]",
         "2:13: `signal.a.stretches`: `database.query` stands there twice",
         "write it once"},
        {"stretches = [\"database.query x0.5\"]",
         "2:13: `signal.a.stretches`: `x0.5` would make `database.query` shorter",
         "write allow_shrink = true if it is meant"},
        {"begins = \"80%\"",
         "2:10: `signal.a.begins` is a reading, but `signal.a` has no sensor",
         "leave it out, or say its `sensor`"},
        {"sensor = \"memory\"\nbegins = \"80\"",
         "3:10: `signal.a.begins` cannot be `80`: its unit is `%`",
         "write it as 80%"},
        {"sensor = \"memory\"\nfull = \"101%\"",
         "3:8: `signal.a.full` cannot be `101%`: it is more than 100%",
         "write it as 80%"},
        {"sensor = \"pool_wait\"\nfull = \"2h\"",
         "3:8: `signal.a.full` cannot be `2h`: it is longer than 1h",
         ""},
        {"sensor = \"cpu\"\nbegins = \"90%\"\nfull = \"90%\"",
         "3:10: `signal.a.begins` (90%) must be less than `signal.a.full` (90%)",
         "between the two its value rises from 0 to 1"},
        {"sensor = \"memroy\"",
         "2:10: `signal.a.sensor` cannot be \"memroy\": it takes none, memory, cpu, psi_cpu, "
         "psi_memory, psi_io, loop_lag, connect_latency or pool_wait",
         "did you mean \"memory\"?"},
        {"hold = \"2h\"", "2:8: `signal.a.hold` cannot be \"2h\": it must be from 0s to 1h", ""},
    };
    for (const bad& each : cases) {
        const auto made = load_text("[signal.a]\n" + std::string{each.text});
        ASSERT_THAT(sentences(made), ElementsAre(each.said)) << each.text;
        EXPECT_EQ(made.problems[0].hint, each.hint);
    }
    EXPECT_THAT(
        sentences(load_text("[signal.A]")), ElementsAre("1:9: `A` is no name for a signal")
    );
}

TEST(signal_rules, a_factor_is_a_finite_number_in_its_range) {
    const auto takes = [](const std::string& factor, bool allow_shrink) {
        const auto made = load_text(
            "[signal.a]\nstretches = [\"database.query " + factor +
            "\"]\nallow_shrink = " + (allow_shrink ? "true" : "false")
        );
        EXPECT_LE(made.problems.size(), 1U) << factor;
        return made.snapshot != nullptr;
    };
    for (const auto* good : {"x1", "x1.5", "x10", " x2", "x1e1"}) {
        EXPECT_TRUE(takes(good, false)) << good;
    }
    for (const auto* shorter : {"x0.1", "x0.999"}) {
        EXPECT_TRUE(takes(shorter, true)) << shorter;
        EXPECT_FALSE(takes(shorter, false)) << shorter;
    }
    for (const auto* none :
         {"x0.09",
          "x10.01",
          "x0",
          "x-2",
          "xnan",
          "x-nan",
          "xinf",
          "x1e999",
          "x+2",
          "x",
          "2",
          "X2",
          "x2s",
          "x2 x3",
          "x1,5"}) {
        EXPECT_FALSE(takes(none, true)) << none;
    }
    EXPECT_EQ(
        load_text("[signal.a]\nstretches = [\"database.query xnan\"]").problems.at(0).sentence,
        "`signal.a.stretches`: `xnan` of `database.query` is no factor from x0.1 to x10"
    );
}

TEST(signal_rules, built_in_ones_are_no_change_of_a_reload) {
    EXPECT_THAT(plan_transition(*load({}).snapshot, load_text("")).changes, IsEmpty());
    EXPECT_THAT(plan_transition(policy{}, load_text("")).changes, IsEmpty());
    EXPECT_THAT(
        plan_transition(*load_text("").snapshot, load_text("[signal.a]")).changes, IsEmpty()
    );
    const auto changed = load_text("[signal.memory]\nbegins = \"50%\"\n[signal.a]\nhold = \"1s\"");
    const auto there = plan_transition(*load({}).snapshot, changed);
    EXPECT_EQ(
        summary_of(there.changes, 200),
        "signal.memory.begins from 80% to 50%, signal.a.hold new, 1s"
    );
    EXPECT_EQ(there.next->signals.size(), changed.snapshot->signals.size());
    const auto back = plan_transition(*changed.snapshot, load_text(""));
    EXPECT_EQ(
        summary_of(back.changes, 200), "signal.memory.begins from 50% to 80%, signal.a.hold gone"
    );
}

TEST(signal_rules, there_are_at_most_64_in_a_file) {
    std::string text;
    for (int i = 0; i < 65; ++i) {
        text += "[signal.s" + std::to_string(i) + "]\n";
    }
    EXPECT_EQ(load_text(text).problems.at(0).sentence, "there are more than 64 signals");
}

TEST(sensor, each_rises_between_two_readings_of_its_measure) {
    for (const auto& each : sensors()) {
        EXPECT_TRUE(each.documentation.ends_with('.')) << each.name;
        EXPECT_EQ(each.begins.empty(), each.unit == measure::nothing) << each.name;
        if (each.begins.empty()) continue;
        EXPECT_LT(*parse_value(each.unit, each.begins), *parse_value(each.unit, each.full));
    }
    EXPECT_EQ(row_of(sensor::pool_wait).name, "pool_wait");
    EXPECT_EQ(row_of(sensor::psi_cpu).name, "psi_cpu");
}

TEST(default_table, each_row_is_of_a_key_and_stands_there_once) {
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (const auto& [environment, path, text] : environment_defaults()) {
        EXPECT_TRUE(resolve(path)) << path;
        EXPECT_TRUE(seen.emplace(environment, path).second) << path;
    }
    for (const auto* environment : {"", "staging", "production"}) {
        EXPECT_TRUE(load_text("", environment).snapshot) << environment;
    }
}

TEST(database, each_environment_has_its_own_limits) {
    const auto limits = [](std::string_view environment) {
        const auto made = load_text("", environment).snapshot->database;
        return std::pair<duration, duration>{made.initialization, made.connection};
    };
    EXPECT_EQ(limits("development"), (std::pair<duration, duration>{30s, 20s}));
    EXPECT_EQ(limits("staging"), (std::pair<duration, duration>{95s, 75s}));
    EXPECT_EQ(limits("production"), (std::pair<duration, duration>{90s, 60s}));
    const auto made = load_text("[database]\nconnection = \"100s\"", "staging");
    EXPECT_EQ(made.snapshot->database.initialization, 200s);
    EXPECT_EQ(
        made.explain("database.initialization")->statements.back().origin,
        "gave way to database.connection"
    );
    EXPECT_EQ(load_text("[database]\nidle = \"2m\"").snapshot->database.transaction, 2min);
}

}  // namespace
}  // namespace curfew::policy
