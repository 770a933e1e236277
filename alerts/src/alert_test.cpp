#include <curfew/alerts/alert.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace curfew::alerts {
namespace {

using namespace std::chrono_literals;

/// Runs an alert by a line of readings, one a second: `.` no data, `!` over, `-` between, `_`
/// clear, `=` held. Gives "second transition" for each.
std::string run(std::string_view readings, patience of, time_point start = time_point{1h}) {
    alert one;
    std::string told;
    int second = 0;
    for (const char c : readings) {
        const reading now_is = c == '!'   ? reading::over
                               : c == '-' ? reading::between
                               : c == '_' ? reading::clear
                               : c == '=' ? reading::held
                                          : reading::no_data;
        const auto what = one.step(now_is, of, start + std::chrono::seconds{second});
        if (what != transition::none) {
            told += (told.empty() ? "" : ", ") + std::to_string(second) + ' ';
            told += to_string(what);
        }
        ++second;
    }
    return told + (told.empty() ? "" : "; ") + std::string{to_string(one.is())};
}

struct story {
    std::string_view readings;
    patience of;
    std::string_view told;
};

TEST(alert, takes_exactly_these_steps) {
    const patience quick{0s, 0s};
    const patience slow{3s, 2s};
    const std::vector<story> stories{
        {"", slow, "no_data"},
        {"......", slow, "no_data"},
        {"______", slow, "inactive"},
        {"!", quick, "0 firing; firing"},
        {"!_", quick, "0 firing, 1 resolved; inactive"},
        {"!.", quick, "0 firing, 1 resolved; no_data"},
        // It must hold for all of the three seconds.
        {"_!!!", slow, "1 pending; pending"},
        {"_!!!!", slow, "1 pending, 4 firing; firing"},
        {"!!!_!!!!", slow, "0 pending, 3 calmed, 4 pending, 7 firing; firing"},
        {"!!!-!!!", slow, "0 pending, 3 calmed, 4 pending; pending"},
        {"!!!.!!!", slow, "0 pending, 3 calmed, 4 pending; pending"},
        // And be clear for all of two.
        {"!!!!__", slow, "0 pending, 3 firing, 4 clearing; clearing"},
        {"!!!!___", slow, "0 pending, 3 firing, 4 clearing, 6 resolved; inactive"},
        {"!!!!...", slow, "0 pending, 3 firing, 4 clearing, 6 resolved; no_data"},
        {"!!!!_._", slow, "0 pending, 3 firing, 4 clearing, 6 resolved; inactive"},
        // While everything is refused, what was so is so.
        {"====", slow, "no_data"},
        {"!===", slow, "0 pending, 3 firing; firing"},
        {"!!!!====", slow, "0 pending, 3 firing; firing"},
        {"!!!!_==__", slow, "0 pending, 3 firing, 4 clearing, 5 relapsed, 7 clearing; clearing"},
        // Between the bounds nothing changes, in either direction.
        {"----", slow, "inactive"},
        {"!!!!----", slow, "0 pending, 3 firing; firing"},
        {"!!!!_-___",
         slow,
         "0 pending, 3 firing, 4 clearing, 5 relapsed, 6 clearing, 8 resolved; "
         "inactive"},
        {"!!!!_!_!_!",
         slow,
         "0 pending, 3 firing, 4 clearing, 5 relapsed, 6 clearing, 7 relapsed, "
         "8 clearing, 9 relapsed; firing"},
    };
    for (const story& each : stories) {
        EXPECT_EQ(run(each.readings, each.of), each.told) << each.readings;
    }
}

TEST(alert, is_told_again_while_it_lasts_and_only_then) {
    EXPECT_EQ(run("!!!!!!!", {0s, 9s, 3s}), "0 firing, 3 repeated, 6 repeated; firing");
    EXPECT_EQ(run("!-----_", {0s, 0s, 3s}), "0 firing, 3 repeated, 6 resolved; inactive");
}

TEST(alert, a_gap_in_the_clock_is_time_that_passed) {
    alert one;
    const patience of{5min, 1min};
    EXPECT_EQ(one.step(reading::over, of, time_point{1h}), transition::pending);
    EXPECT_EQ(one.step(reading::over, of, time_point{3h}), transition::fired);
    EXPECT_EQ(one.since(), time_point{3h});
    EXPECT_EQ(one.step(reading::clear, of, time_point{4h}), transition::clearing);
    EXPECT_EQ(one.since(), time_point{3h}) << "it still fires";
    EXPECT_EQ(one.step(reading::clear, of, time_point{9h}), transition::resolved);
}

}  // namespace
}  // namespace curfew::alerts
