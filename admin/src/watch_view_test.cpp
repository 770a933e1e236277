#include "example_picture.hpp"
#include "watch_text.hpp"
#include <curfew/admin/terminal_text.hpp>
#include <curfew/admin/watch_view.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace curfew::admin {
namespace {

using namespace std::chrono_literals;

/// Without SGR sequences; anything else that begins with ESC stays, and is found.
std::string without_paint(const std::string& line) {
    std::string plain;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const std::size_t end = line.find('m', i);
        if (line[i] == '\x1b' && line.find_first_not_of("[0123456789;", i + 1) == end) {
            i = end;
        } else {
            plain += line[i];
        }
    }
    return plain;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& each : lines) {
        text += each + "|\n";
    }
    return text;
}

/// Compares with a file; writes it where CURFEW_UPDATE is set, to be looked at and committed.
void expect_golden(const std::string& name, const std::string& drawn) {
    const std::string path = std::string{CURFEW_GOLDEN} + name;
    if (std::getenv("CURFEW_UPDATE") != nullptr) {
        std::ofstream{path} << drawn;
    }
    std::ifstream file{path};
    const std::string wanted{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_EQ(drawn, wanted) << name;
}

std::vector<std::string> draw(
    const watch_model& model, screen_size size, screen_style style = {}, time_point now = {}
) {
    return draw_watch(model.shown(), model.settings(), size, style, now);
}

TEST(watch_view, is_drawn_as_it_was_last_looked_at) {
    const watch_model model = example_model();
    for (const screen_size size : {screen_size{80, 24}, {40, 10}, {200, 60}}) {
        for (const bool unicode : {false, true}) {
            const std::string name = "watch_" + std::to_string(size.columns) + 'x' +
                                     std::to_string(size.rows) +
                                     (unicode ? "_unicode.txt" : "_ascii.txt");
            expect_golden(name, joined(draw(model, size, {false, unicode})));
        }
    }
    expect_golden("watch_once.txt", render_watch(model.shown(), 120, {}));
}

TEST(watch_view, several_processes_and_one_that_is_gone) {
    expect_golden("watch_two.txt", joined(draw(example_model(true), {100, 24})));
}

TEST(watch_view, whatever_its_size_each_line_fills_the_screen_and_no_foreign_byte_is_obeyed) {
    for (const bool two : {false, true}) {
        watch_model model = example_model(two);
        for (const bool help : {false, true}) {
            for (std::size_t columns = 1; columns < 230; columns += columns < 20 ? 1 : 7) {
                for (std::size_t rows = 1; rows < 50; ++rows) {
                    const screen_style style{columns % 2 == 0, rows % 2 == 0};
                    const auto lines = draw(model, {columns, rows}, style);
                    ASSERT_EQ(lines.size(), rows) << columns;
                    for (const std::string& each : lines) {
                        const std::string plain = without_paint(each);
                        ASSERT_EQ(cells(plain), columns) << rows << " rows: " << plain;
                        ASSERT_EQ(plain.find('\x1b'), plain.npos) << plain;
                    }
                }
            }
            (void)model.press(key::help, 0);
            EXPECT_NE(model.settings().help, help);
        }
    }
}

TEST(watch_view, without_a_state_it_says_what_it_waits_for) {
    watch_model model{{"127.0.0.1:9090"}};
    EXPECT_NE(joined(draw(model, {80, 24})).find("connecting"), std::string::npos);
    model.lost(0, "nothing listens there", time_point{2s});
    const std::string lost = joined(draw(model, {80, 24}, {}, time_point{500ms}));
    EXPECT_NE(lost.find("GONE: nothing listens there; next try in 2 s"), std::string::npos) << lost;
}

TEST(watch_view, a_slow_reader_is_told_what_it_missed) {
    watch_model model = example_model();
    model.take(0, live_missed{3, 20});
    EXPECT_NE(joined(draw(model, {80, 24})).find("missed 3 states and 20 ends"), std::string::npos);
}

TEST(watch_view, what_the_backend_did_is_told_in_its_own_words) {
    watch_model model = example_model();
    live_end seen;
    seen.timestamp = "2026-11-20T22:31:05.000Z";
    seen.surface = "supervisor";
    seen.name = "stacks";
    seen.outcome = "ignored";
    seen.said = "hung in psycopg2 recv (db:5432), 30 s\033[2J";
    model.take(0, std::move(seen));
    const std::string drawn = joined(draw(model, {120, 30}));
    EXPECT_NE(drawn.find("backend   hung in psycopg2 recv (db:5432), 30 s"), drawn.npos) << drawn;
    EXPECT_EQ(drawn.find('\x1b'), drawn.npos) << drawn;
}

TEST(watch_view, one_picture_is_as_wide_as_it_is_asked_for) {
    watch_model model{{"127.0.0.1:9090"}};
    live_state state = example_state();
    state.routes.front().name = "GET /" + std::string(100, 'x');
    model.attached(0);
    model.take(0, std::move(state));
    EXPECT_EQ(render_watch(model.shown(), 80, {}).find(std::string(100, 'x')), std::string::npos);
    EXPECT_NE(render_watch(model.shown(), 200, {}).find(std::string(100, 'x')), std::string::npos);
}

TEST(watch_view, an_adaptive_limit_has_a_column_where_there_is_one_and_brackets_where_it_observes) {
    using namespace std::chrono_literals;
    watch_model model{{"a:1"}};
    live_state state = example_state();
    model.attached(0);
    model.take(0, live_state{state});
    EXPECT_EQ(joined(draw(model, {200, 40})).find("cut at"), std::string::npos);
    for (std::size_t i = 0; i < 3; ++i) {
        state.routes[i].adaptive = i == 0 ? "on" : "observe";
        state.routes[i].adaptive_state = i == 2 ? "cold" : "live";
        state.routes[i].adaptive_limit = 512ms;
    }
    model.take(0, live_state{state});
    const std::string drawn = joined(draw(model, {200, 40}));
    EXPECT_NE(drawn.find("cut at"), std::string::npos);
    EXPECT_NE(drawn.find(" 512ms"), std::string::npos) << drawn;
    EXPECT_NE(drawn.find("(512ms)"), std::string::npos) << drawn;
    EXPECT_NE(drawn.find("cold"), std::string::npos) << drawn;
}

TEST(watch_view, the_marked_route_stays_on_the_screen) {
    watch_model model{{"a:1"}};
    live_state state = example_state();
    for (int i = 0; i < 100; ++i) {
        state.routes.push_back(state.routes.front());
        state.routes.back().name = "GET /route-" + std::to_string(i);
        state.routes.back().rate = 100 - i;
    }
    model.attached(0);
    model.take(0, live_state{state});
    EXPECT_EQ(joined(draw(model, {80, 24})).find("/route-99"), std::string::npos);
    (void)model.press(key::last, state.routes.size());
    const auto lines = draw(model, {80, 24}, {true, false});
    EXPECT_NE(joined(lines).find("\033[7m"), std::string::npos) << "it is marked";
    (void)model.press(key::sort, state.routes.size());
    EXPECT_EQ(model.settings().row, 0U);
}

TEST(watch_text, times_and_numbers_keep_their_width) {
    for (const auto& [time, text] : std::initializer_list<std::pair<duration, const char*>>{
             {0s, "0ms"},
             {400us, "0.4ms"},
             {250ms, "250ms"},
             {999ms, "999ms"},
             {999'900us, "1.00s"},
             {1250ms, "1.25s"},
             {42s, "42s"},
             {1us, "<0.1ms"},
             {59'990ms, "1m00s"},
             {185s, "3m05s"},
             {5h + 12min, "5h12m"},
             {24h * 12, "12d"},
             {-1s, "0ms"}
         }) {
        EXPECT_EQ(short_time(time), text);
        EXPECT_LE(short_time(time).size(), 6U);
    }
    EXPECT_LE(short_time(duration::max()).size(), 7U);
    for (const auto& [number, text] : std::initializer_list<std::pair<double, const char*>>{
             {0, "0"},
             {-3, "0"},
             {0.01, ">0"},
             {0.2, "0.2"},
             {12.34, "12.3"},
             {1234, "1234"},
             {12'345, "12.3k"},
             {123'456, "123k"},
             {1.24e6, "1.2M"},
             {1e300, "999.0M"}
         }) {
        EXPECT_EQ(short_number(number), text);
    }
}

TEST(watch_text, a_sparkline_is_scaled_to_its_greatest_value_and_fills_from_the_right) {
    const std::vector<double> values{0, 1, 2, 7, 3.5};
    EXPECT_EQ(sparkline(values, 7, false), "  _.:#=");
    EXPECT_EQ(sparkline(values, 2, false), "#=");
    EXPECT_EQ(sparkline(values, 3, true), "\u2583\u2588\u2585");
    EXPECT_EQ(sparkline({}, 2, true), "  ");
    EXPECT_EQ(sparkline(std::vector<double>{0, 0}, 2, false), "__");
}

}  // namespace
}  // namespace curfew::admin
