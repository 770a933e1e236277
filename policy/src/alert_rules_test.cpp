#include "loaded.hpp"
#include <curfew/policy/webhook_url.hpp>

#include <gtest/gtest.h>

namespace curfew::policy {
namespace {

using namespace std::chrono_literals;

TEST(alert_rules, an_alert_is_complete_with_a_name_and_a_condition) {
    const auto made = load_text("[[alert]]\nname = \"slow\"\nwhen = \"p99 > 250ms for 1m\"");
    ASSERT_TRUE(made.snapshot) << format(made.problems.front());
    ASSERT_EQ(made.snapshot->alerts.size(), 1U);
    const alert_policy& alert = made.snapshot->alerts.front();
    EXPECT_EQ(alert.due, (condition{metric::p99, relation::over, 250'000'000, 1min}));
    EXPECT_EQ(alert.clear_at, 200'000'000);
    EXPECT_EQ(alert.min_calls, 20U);
    EXPECT_EQ(alert.window, 1min);
    EXPECT_FALSE(alert.repeat);
    EXPECT_EQ(made.explain("alert.slow.when")->statements.back().origin, "curfew.toml:3:8");
}

TEST(alert_rules, where_it_is_over_is_a_fraction_or_what_is_said) {
    const auto clear_of = [](std::string_view when, std::string_view clear) {
        std::string text = "[[alert]]\nname = \"a\"\nwhen = \"" + std::string{when} + "\"\n";
        if (!clear.empty()) text += "clear = \"" + std::string{clear} + "\"\n";
        const auto made = load_text(text);
        return made.snapshot ? made.snapshot->alerts[0].clear_at : -1;
    };
    EXPECT_EQ(clear_of("timeout_rate > 1%", ""), 8'000);
    EXPECT_EQ(clear_of("timeout_rate > 1%", "0.5%"), 5'000);
    EXPECT_EQ(clear_of("timeout_rate > 1%", "1%"), 10'000);
    EXPECT_EQ(clear_of("timeout_rate > 1%", "1.1%"), -1);
    EXPECT_EQ(clear_of("rate < 1/s", ""), 1'250'000);
    EXPECT_EQ(clear_of("rate < 1/s", "0.9/s"), -1);
    EXPECT_EQ(clear_of("restarts > 3", ""), 3);
    EXPECT_EQ(clear_of("p99 > 1s", "half"), -1);
}

struct bad {
    std::string_view text;
    std::string_view said;  ///< "line:column: sentence"
};

TEST(alert_rules, what_is_wrong_is_said_with_its_place) {
    const std::vector<bad> cases{
        {"[[alert]]\nname = \"a\"\nwhen = \"timeout_rat > 1%\"",
         "3:9: there is no metric `timeout_rat`"},
        {"[[alert]]\nname = \"a\"\nwhen = \"timeout_rate > 1\"", "3:24: `1`: its unit is `%`"},
        {"[[alert]]\nname = \"a\"", "1:1: the alert `a` does not say `when`"},
        {"[[alert]]\nwhen = \"rate > 1/s\"", "1:1: an alert has a name"},
        {"[[alert]]\nname = \"A b\"\nwhen = \"rate > 1/s\"", "2:8: `A b` is no name for an alert"},
        {"[[alert]]\nname = \"a\"\nwhen = \"rate > 1/s\"\n[[alert]]\nname = \"a\"",
         "5:8: two alerts are called `a`"},
        {"[alert]\nname = \"a\"", "1:2: alerts are a list of tables"},
        {"[[alert]]\nname = \"a\"\nwhen = \"hangs > 0\"\nwindow = \"1m\"",
         "4:10: `hangs` is of the process, so `window` of the alert `a` means nothing"},
        {"[[alert]]\nname = \"a\"\nwhen = \"rate > 1/s\"\nsinks = [\"chta\"]\n[sink.chat]\n"
         "command = [\"x\"]",
         "4:9: the alert `a` names the sink `chta`, which does not exist"},
        {"[sink.chat]\ntimeout = \"1s\"", "1:7: the sink `chat` is neither a webhook nor a command"
        },
        {"[sink.chat]\nwebhook = \"http://a/b\"\ncommand = [\"x\"]",
         "1:7: the sink `chat` is both a webhook and a command"},
        {"[sink.chat]\nwebhook = \"https://a/b\"",
         "2:11: `sink.chat.webhook`: a webhook is sent over http only, not over https"},
        {"[sink.chat]\ncommand = [\"x\"]\ntoken = \"s\"", "3:9: a token is for a webhook"},
        {"[sink.Chat]\ncommand = [\"x\"]", "1:7: `Chat` is no name for a sink"},
        {"[[alert]]\nname = \"a\"\nwhen = \"rate > 1/s\"\nrepeat = \"1s\"",
         "4:10: `alert.a.repeat` cannot be \"1s\": it must be from 1m to 168h"},
    };
    for (const bad& each : cases) {
        const auto said = sentences(load_text(each.text));
        ASSERT_EQ(said.size(), 1U) << each.text;
        EXPECT_EQ(said.front(), each.said);
    }
}

TEST(alert_rules, what_a_webhook_is_called_is_shown_to_nobody) {
    const auto made =
        load_text("[sink.chat]\nwebhook = \"http://127.0.0.1:9/hook/s3cret\"\ntoken = \"t0ken\"");
    ASSERT_TRUE(made.snapshot);
    EXPECT_EQ(made.explain("sink.chat.webhook")->value, "(hidden)");
    EXPECT_EQ(made.explain("sink.chat.token")->value, "(hidden)");
    const auto broken = load_text("[sink.chat]\nwebhook = \"http://127.0.0.1:9/s3cret#x\"");
    ASSERT_EQ(broken.problems.size(), 1U);
    EXPECT_EQ(format(broken.problems[0]).find("s3cret"), std::string::npos);
}

TEST(alert_rules, a_variable_brings_the_token_of_a_sink_that_is_there) {
    sources from;
    from.file_name = "curfew.toml";
    from.file_text = "[sink.chat]\nwebhook = \"http://h/x\"";
    from.variables = {{"CURFEW_SINK_CHAT_TOKEN", "t0ken"}, {"CURFEW_ALERT_NAME", "none of ours"}};
    const auto made = load(from);
    ASSERT_TRUE(made.snapshot) << format(made.problems.front());
    EXPECT_EQ(made.snapshot->sinks[0].token, "t0ken");
}

TEST(alert_rules, an_environment_changes_the_alert_of_that_name) {
    const auto made = load_text(
        "[[alert]]\nname = \"a\"\nwhen = \"rate > 1/s\"\n"
        "[[env.staging.alert]]\nname = \"a\"\nwhen = \"rate > 9/s\"",
        "staging"
    );
    ASSERT_TRUE(made.snapshot);
    ASSERT_EQ(made.snapshot->alerts.size(), 1U);
    EXPECT_EQ(made.snapshot->alerts[0].due.value, 9'000'000);
}

TEST(webhook_url, is_a_place_and_a_target) {
    const auto made = parse_webhook("http://[::1]:81/a/b?c=d");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->where, (http_url{"::1", 81}));
    EXPECT_EQ(made->target, "/a/b?c=d");
    EXPECT_EQ(parse_webhook("http://h")->target, "/");
    for (const auto* text :
         {"",
          "h",
          "ftp://h/x",
          "https://h/",
          "http:///x",
          "http://u@h/",
          "http://h/a b",
          "http://h?x",
          "http://h:0/",
          "http://h/\r\nX: y"}) {
        EXPECT_FALSE(parse_webhook(text)) << text;
    }
}

}  // namespace
}  // namespace curfew::policy
