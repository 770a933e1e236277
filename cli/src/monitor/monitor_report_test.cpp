#include "monitor_report.hpp"

#include <gtest/gtest.h>

namespace curfew::cli {
namespace {

using namespace std::chrono_literals;

const monitor_frame frame{
    "orders", "127.0.0.1:5432/shop", "staging", "", {75s, 95s, 30s}, 0.01, 2min, 2min, 2
};

monitor_figures example() {
    monitor_figures of{2min};
    of.add({0s, true, outcome::success, {4ms, 5ms, 1ms}, 3, {}});
    constexpr auto found = "Database connection timeout: 75.0s exceeded";
    of.add({1min, true, outcome::timeout, {}, 0, found, "limit database.connection"});
    return of;
}

TEST(monitor_report, the_progress_is_one_line) {
    const auto line = progress_line(example(), 60);
    EXPECT_TRUE(line.starts_with("2/60 probes, 1 timed out, 0 failed; connect p95 4.")) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST(monitor_report, text_ends_with_the_verdict) {
    const auto text = to_text(example(), frame);
    EXPECT_TRUE(text.starts_with("orders  127.0.0.1:5432/shop  (staging, 2m)\n")) << text;
    EXPECT_NE(
        text.find("\n  1 x Database connection timeout: 75.0s exceeded\n"
                  "      the last: limit database.connection\nFAIL  50.00 % "),
        std::string::npos
    ) << text;
}

TEST(monitor_report, json_has_no_figure_of_nothing) {
    const auto text = to_json(monitor_figures{1min}, frame);
    EXPECT_NE(text.find("\"verdict\": \"VOID\""), std::string::npos) << text;
    EXPECT_EQ(text.find("p95_ms"), std::string::npos) << text;
    EXPECT_NE(to_json(example(), frame).find("\"p95_ms\""), std::string::npos);
}

}  // namespace
}  // namespace curfew::cli
