#include "key.hpp"
#include "loaded.hpp"
#include <curfew/policy/stretch.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace curfew::policy {
namespace {

using namespace std::chrono_literals;

using values = std::vector<signal_value>;

policy good(const std::string& text, std::string_view environment = "") {
    const auto made = load_text(text, environment);
    EXPECT_TRUE(made.snapshot) << text << (made.problems.empty() ? "" : format(made.problems[0]));
    return *made.snapshot;
}

TEST(stretch, the_two_figures_of_staging) {
    const auto of = good("", "staging");
    const values both{{"vpc_connector_scaling", 1}, {"cloud_sql_capacity", 1}};
    const auto connection = stretch_limit(of, "database.connection", both);
    EXPECT_EQ(connection.base, 75s);
    EXPECT_EQ(connection.effective, 112'500ms);
    EXPECT_EQ(connection.factor, 1.5);
    ASSERT_EQ(connection.pressure.size(), 1U);
    EXPECT_EQ(connection.pressure[0].signal, "vpc_connector_scaling");
    EXPECT_EQ(connection.pressure[0].multiplier, 1.5);
    EXPECT_EQ(stretch_limit(of, "database.initialization", both).effective, 114s);
    EXPECT_EQ(stretch_limit(of, "database.query", both).effective, 30s);
    const auto all = stretched_limits(of, both);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].key, "database.initialization");
    EXPECT_EQ(all[1].key, "database.connection");
    EXPECT_TRUE(stretched_limits(of, values{{"memory", 1}, {"vpc_connector_scaling", 0}}).empty());
}

TEST(stretch, signals_multiply_up_to_the_cap) {
    const auto of = good(
        "[signal.a]\nstretches = [\"database.query x2\"]\n"
        "[signal.b]\nstretches = [\"database.query x2\"]\n"
        "[signal.c]\nstretches = [\"database.query x0.1\"]\nallow_shrink = true\n"
        "[signal.d]\nstretches = [\"database.query x0.1\"]\nallow_shrink = true\n"
    );
    const auto query = [&](const values& pressure) {
        return stretch_limit(of, "database.query", pressure);
    };
    EXPECT_EQ(query({{"a", 0.5}}).effective, 45s);
    EXPECT_EQ(query({{"a", 0.5}, {"b", 0.5}}).effective, 67'500ms);
    EXPECT_FALSE(query({{"a", 0.5}, {"b", 0.5}}).is_capped);
    EXPECT_EQ(query({{"a", 1}, {"b", 1}}).effective, 90s);
    EXPECT_TRUE(query({{"a", 1}, {"b", 1}}).is_capped);
    EXPECT_EQ(query({{"c", 1}}).effective, 3s);
    EXPECT_EQ(query({{"c", 1}, {"d", 1}}).effective, 3s) << "never below a tenth";
    EXPECT_EQ(query({{"nobody", 1}}).effective, 30s);
}

TEST(stretch, the_range_of_the_key_holds) {
    const auto of = good(
        "[database]\ntransaction = \"20h\"\nconnection = \"1ms\"\n[signal.a]\n"
        "stretches = [\"database.transaction x3\", \"database.connection x0.1\"]\n"
        "allow_shrink = true\n"
    );
    EXPECT_EQ(stretch_limit(of, "database.transaction", values{{"a", 1}}).effective, 24h);
    EXPECT_EQ(stretch_limit(of, "database.connection", values{{"a", 1}}).effective, 1ms);
}

TEST(stretch, a_policy_under_pressure_stretches_what_routes_inherit) {
    const auto of = good(
        "[request]\ntimeout = \"10s\"\n[upstream.main]\nurls = [\"http://127.0.0.1:1\"]\n"
        "[[route]]\npath = \"/a\"\n[[route]]\npath = \"/b\"\ntimeout = \"3s\"\n"
        "[signal.a]\nstretches = [\"request.timeout x2\"]\n"
    );
    const auto pressed = stretched(of, values{{"a", 0.5}});
    EXPECT_EQ(pressed.request.timeout, 15s);
    EXPECT_EQ(pressed.routes[0].limits.timeout, 15s);
    EXPECT_EQ(pressed.routes[1].limits.timeout, 3s) << "it has one of its own";
    EXPECT_EQ(pressed.request.body_idle, of.request.body_idle);
    EXPECT_EQ(stretched(of, values{{"a", 0}}).request.timeout, 10s);
}

TEST(stretch, what_is_no_value_is_the_callers_bug) {
    const auto of = good("");
    for (const auto value :
         {std::numeric_limits<double>::quiet_NaN(),
          std::numeric_limits<double>::infinity(),
          -0.1,
          1.1}) {
        EXPECT_DEATH(
            (void)stretch_limit(of, "database.query", values{{"memory", value}}), "from 0 to 1"
        );
    }
    EXPECT_DEATH((void)stretch_limit(of, "gateway.queue", {}), "a time");
    EXPECT_DEATH((void)stretch_limit(of, "no.key", {}), "a key");
    EXPECT_DEATH(
        (void)stretch_limit(of, "database.query", values{{"cpu", 1}, {"cpu", 0}}), "told once"
    );
}

/// Every time of the policy itself, under signals by dice: multipliers of at least 1.
class any_pressure {
  public:
    explicit any_pressure(unsigned seed) : dice_{seed} {
        std::string text = "[pressure]\nmultiplier_max = " + number(1, 10) + '\n';
        for (const auto* name : names) {
            text += std::string{"[signal."} + name + "]\nstretches = [";
            for (const auto& path : paths()) {
                if (dice_() % 2 == 0) text += '"' + path + " x" + number(1, 10) + "\", ";
            }
            text += "]\n";
        }
        of = good(text);
    }

    [[nodiscard]] static std::vector<std::string> paths() {
        std::vector<std::string> all;
        blank fresh;
        for (const auto& which : keys()) {
            const bool is_time = std::holds_alternative<duration*>(which.place(fresh.all()));
            const bool may = is_time && !which.is_named() && !which.needs_restart();
            if (may) all.emplace_back(which.path);
        }
        return all;
    }

    [[nodiscard]] double part() { return std::uniform_real_distribution{0.0, 1.0}(dice_); }

    static constexpr std::array names{"a", "b", "c"};
    policy of;

  private:
    std::string number(double low, double high) { return print_bound(low + (high - low) * part()); }

    std::mt19937 dice_;
};

TEST(stretch, a_value_of_nothing_changes_nothing) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        const any_pressure any{seed};
        for (const auto& path : any_pressure::paths()) {
            const auto made = stretch_limit(any.of, path, values{{"a", 0}, {"b", 0}, {"c", 0}});
            EXPECT_EQ(made.effective, made.base) << path;
            EXPECT_TRUE(made.pressure.empty());
            EXPECT_EQ(stretch_limit(any.of, path, {}).effective, made.base);
        }
    }
}

TEST(stretch, more_of_a_signal_never_makes_a_limit_shorter_and_none_passes_the_cap) {
    for (unsigned seed = 0; seed < 50; ++seed) {
        any_pressure any{seed};
        const auto at = static_cast<std::size_t>(seed % any_pressure::names.size());
        values now;
        for (const auto* name : any_pressure::names) {
            now.push_back({name, any.part()});
        }
        for (const auto& path : any_pressure::paths()) {
            duration before{};
            for (const double value : {0.0, 1e-12, 0.1, 0.25, 0.5, 0.75, 0.999999, 1.0}) {
                now[at].value = value;
                const auto made = stretch_limit(any.of, path, now);
                EXPECT_GE(made.effective, before) << path << ' ' << value;
                EXPECT_GE(made.effective, made.base) << path;
                const auto cap = static_cast<long double>(made.base.count()) *
                                 static_cast<long double>(any.of.pressure.multiplier_max);
                EXPECT_LE(made.effective.count(), std::llround(cap)) << path;
                before = made.effective;
            }
        }
    }
}

}  // namespace
}  // namespace curfew::policy
