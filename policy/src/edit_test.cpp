#include "loaded.hpp"
#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/edit.hpp>

#include <gmock/gmock.h>

#include <array>

namespace curfew::policy {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string upstream = "[upstream.main]\nurls = [\"http://127.0.0.1:8000\"]\n";

sources file_of(std::string text, std::string environment = {}) {
    sources from;
    from.file_name = "curfew.toml";
    from.file_text = std::move(text);
    from.environment = std::move(environment);
    return from;
}

edited_file edit(const std::string& text, const std::string& key, duration value = 2s) {
    const std::array edits{time_edit{key, value}};
    return set_times(file_of(text), edits);
}

std::string edited(const std::string& text, const std::string& key, duration value = 2s) {
    const auto made = edit(text, key, value);
    EXPECT_THAT(made.refused, IsEmpty())
        << (made.refused.empty() ? "" : format(made.refused.front().why));
    return made.text;
}

struct example {
    const char* what;
    std::string before;
    std::string key;
    std::string after;
};

const std::string route = "[[route]]\nname = \"a\"\npath = \"/a\"\n";

const std::vector<example> of_sections{
    example{
        "a value with a comment behind it",
        "# ours\n[request]\n  timeout   =   \"30s\"   # long, why?\nslow = \"1s\"\n",
        "request.timeout",
        "# ours\n[request]\n  timeout   =   \"2s\"   # long, why?\nslow = \"1s\"\n"
    },
    example{
        "a literal string keeps its quotes",
        "[request]\ntimeout = '30s'\n",
        "request.timeout",
        "[request]\ntimeout = '2s'\n"
    },
    example{
        "a value of many lines",
        "[request]\ntimeout = \"\"\"\n30s\"\"\"\nslow = \"1s\"\n",
        "request.timeout",
        "[request]\ntimeout = \"2s\"\nslow = \"1s\"\n"
    },
    example{
        "a dotted key",
        "request.timeout = \"30s\"\nrequest.slow = \"1s\"\n",
        "request.timeout",
        "request.timeout = \"2s\"\nrequest.slow = \"1s\"\n"
    },
    example{
        "beside a dotted key",
        "request . slow = \"1s\" # s\n\n[http]\n",
        "request.timeout",
        "request . slow = \"1s\" # s\nrequest . timeout = \"2s\"\n\n[http]\n"
    },
    example{
        "an inline table",
        "request = { slow = \"1s\" } # x\n",
        "request.timeout",
        "request = { slow = \"1s\", timeout = \"2s\" } # x\n"
    },
    example{
        "an empty inline table",
        "request = {}\n",
        "request.timeout",
        "request = { timeout = \"2s\" }\n"
    },
    example{
        "behind the last key, with its indentation, before the next section",
        "[request]\n\tslow = \"1s\" # a \"quoted\" remark, # with {signs}\n\n# of "
        "http\n[http]\n",
        "request.timeout",
        "[request]\n\tslow = \"1s\" # a \"quoted\" remark, # with {signs}\n\ttimeout = \"2s\"\n"
        "\n# of http\n[http]\n"
    },
    example{
        "an empty section",
        "  [request] # none yet\n[http]\n",
        "request.timeout",
        "  [request] # none yet\n  timeout = \"2s\"\n[http]\n"
    },
    example{
        "no line end at the end",
        "[request]\nslow = \"1s\"",
        "request.timeout",
        "[request]\nslow = \"1s\"\ntimeout = \"2s\""
    },
    example{
        "line ends of the other kind",
        "# a\r\n[request]\r\nslow = \"1s\"\r\n",
        "request.timeout",
        "# a\r\n[request]\r\nslow = \"1s\"\r\ntimeout = \"2s\"\r\n"
    },
    example{
        "no section",
        "[http]\r\nkeep_alive = \"70s\"\r\n",
        "request.timeout",
        "[http]\r\nkeep_alive = \"70s\"\r\n\r\n[request]\r\ntimeout = \"2s\"\r\n"
    },
    example{"an empty file", "", "request.timeout", "[request]\ntimeout = \"2s\"\n"},
    example{
        "letters of many bytes, and a byte order mark",
        "\xef\xbb\xbf# \xc3\xa4\xe2\x82\xac\nrequest = { slow = \"1s\", timeout = \"9s\" } # "
        "\xf0\x9f\x8c\x99\n",
        "request.timeout",
        "\xef\xbb\xbf# \xc3\xa4\xe2\x82\xac\nrequest = { slow = \"1s\", timeout = \"2s\" } # "
        "\xf0\x9f\x8c\x99\n"
    },
};

const std::vector<example> of_routes{
    example{
        "a route",
        upstream + "\n" + route + "# b\n[[route]]\npath = \"/b\"\ntimeout = \"9s\"\n",
        "route.a.timeout",
        upstream + "\n" + route +
            "timeout = \"2s\"\n# b\n[[route]]\npath = \"/b\"\ntimeout = "
            "\"9s\"\n"
    },
    example{
        "a route without a name",
        upstream + route +
            "[[route]]\nmethods = [ # both\n  \"GET\",\n  \"HEAD\" ] # ]\npath = "
            "\"/b\"\n",
        "route.GET,HEAD /b.timeout",
        upstream + route +
            "[[route]]\nmethods = [ # both\n  \"GET\",\n  \"HEAD\" ] # ]\npath = "
            "\"/b\"\ntimeout = \"2s\"\n"
    },
    example{
        "a route whose last key has many lines",
        upstream + "[[route]]\npath = \"/b\"\nmethods = [\n  \"GET\", # ] \n]\n[http]\n",
        "route.GET /b.timeout",
        upstream + "[[route]]\npath = \"/b\"\nmethods = [\n  \"GET\", # ] \n]\ntimeout = \"2s\"\n"
                   "[http]\n"
    },
    example{
        "a route with a section of its own",
        upstream + route + "[route.breaker]\nreset = \"5s\"\n",
        "route.a.timeout",
        upstream + route + "timeout = \"2s\"\n[route.breaker]\nreset = \"5s\"\n"
    },
    example{
        "a route with dotted keys",
        upstream + route + "breaker.reset = \"5s\"\n\n",
        "route.a.timeout",
        upstream + route + "breaker.reset = \"5s\"\ntimeout = \"2s\"\n\n"
    },
    example{
        "routes in one array",
        "route = [\n  {name = \"a\", path = \"/a\"}, # first\n  {path = \"/b\"}\n]\n" + upstream,
        "route.a.timeout",
        "route = [\n  {name = \"a\", path = \"/a\", timeout = \"2s\"}, # first\n  {path = "
        "\"/b\"}\n]\n" +
            upstream
    },
};

TEST(edit, changes_the_key_and_not_one_byte_beside_it) {
    for (const auto& examples : {of_sections, of_routes}) {
        for (const auto& each : examples) {
            EXPECT_EQ(edited(each.before, each.key), each.after) << each.what;
            EXPECT_EQ(edited(each.after, each.key), each.after) << "twice is once: " << each.what;
        }
    }
}

TEST(edit, makes_the_policy_say_it) {
    const auto text = edited("[request]\nslow = \"1s\"\n", "request.timeout", 1'250ms);
    const auto made = load_text(text);
    ASSERT_TRUE(made.snapshot);
    EXPECT_EQ(made.snapshot->request.timeout, 1'250ms);
}

TEST(edit, takes_the_section_of_the_environment_only_where_the_key_stands_there) {
    const std::string text =
        "[request]\ntimeout = \"30s\"\n[env.staging.request]\ntimeout = \"60s\"\n";
    const std::array edits{time_edit{"request.timeout", 2s}};
    EXPECT_EQ(
        set_times(file_of(text, "staging"), edits).text,
        "[request]\ntimeout = \"30s\"\n[env.staging.request]\ntimeout = \"2s\"\n"
    );
    EXPECT_EQ(
        set_times(file_of(text), edits).text,
        "[request]\ntimeout = \"2s\"\n[env.staging.request]\ntimeout = \"60s\"\n"
    );
    const std::string other =
        "[request]\ntimeout = \"30s\"\n[env.staging.http]\nkeep_alive = \"9s\"\n";
    EXPECT_EQ(
        set_times(file_of(other, "staging"), edits).text,
        "[request]\ntimeout = \"2s\"\n[env.staging.http]\nkeep_alive = \"9s\"\n"
    );
}

TEST(edit, refuses_what_would_not_validate_and_makes_the_others) {
    const std::string text =
        "[upstream.main]\nurls = [\"http://127.0.0.1:8000\"]\nconnect_timeout "
        "= \"3s\"\n[[route]]\nname = \"a\"\npath = \"/a\"\n[[route]]\nname = "
        "\"b\"\npath = \"/b\"\n";
    const std::array edits{
        time_edit{"route.a.timeout", 2s},
        time_edit{"route.b.timeout", 4s},
    };
    const auto made = set_times(file_of(text), edits);
    ASSERT_THAT(made.refused, SizeIs(1));
    EXPECT_EQ(made.refused[0].what.key, "route.a.timeout");
    EXPECT_THAT(made.refused[0].why.sentence, HasSubstr("connect_timeout"));
    EXPECT_EQ(made.text, text + "timeout = \"4s\"\n");
}

TEST(edit, refuses_what_another_layer_would_overrule) {
    sources from = file_of("[request]\ntimeout = \"30s\"\n");
    from.variables = {{"CURFEW_REQUEST_TIMEOUT", "10s"}};
    const std::array edits{time_edit{"request.timeout", 2s}};
    const auto made = set_times(from, edits);
    ASSERT_THAT(made.refused, SizeIs(1));
    EXPECT_THAT(made.refused[0].why.sentence, HasSubstr("CURFEW_REQUEST_TIMEOUT"));
    EXPECT_EQ(made.text, from.file_text);
}

TEST(edit, never_adds_a_route) {
    const auto made = edit(upstream, "route.GET /a.timeout");
    ASSERT_THAT(made.refused, SizeIs(1));
    EXPECT_THAT(made.refused[0].why.sentence, HasSubstr("no [[route]] `GET /a`"));
    EXPECT_EQ(made.text, upstream);
}

TEST(edit, of_no_key_or_no_toml_is_refused) {
    EXPECT_THAT(edit(upstream, "request.timout").refused, SizeIs(1));
    const auto broken = edit("[request\n", "request.timeout");
    EXPECT_THAT(broken.refused, SizeIs(1));
    EXPECT_EQ(broken.text, "[request\n");
}

TEST(edit, tells_which_lines_it_changed_and_added) {
    const std::string text =
        upstream + "[request]\ntimeout = \"30s\" # t\n[[route]]\nname = \"a\"\npath = \"/a\"\n";
    const std::array edits{
        time_edit{"route.a.timeout", 4s},
        time_edit{"request.timeout", 5s},
        time_edit{"upstream.main.connect_timeout", 1s},
    };
    const auto made = set_times(file_of(text), edits);
    ASSERT_THAT(made.lines, SizeIs(3));
    EXPECT_EQ(made.lines[0].line, 3U);
    EXPECT_EQ(made.lines[0].after, "connect_timeout = \"1s\"");
    EXPECT_FALSE(made.lines[0].before);
    EXPECT_EQ(made.lines[1].line, 5U);
    EXPECT_EQ(made.lines[1].before, "timeout = \"30s\" # t");
    EXPECT_EQ(made.lines[2].line, 9U);
    EXPECT_EQ(made.lines[2].after, "timeout = \"4s\"");
}

// Whatever stands in front of, behind and between the keys, it is there byte for byte afterwards.
TEST(edit, leaves_everything_else_as_it_was_in_any_surroundings) {
    const std::array<std::string, 6> noise{
        "",
        "# request.timeout = \"1s\"\n",
        "\n\n",
        "[http]\nkeep_alive = \"70s\" # \"\"\" ''' [request]\n",
        "[gateway]\nqueue = 7\n\n# [[route]]\n",
        "[server]\nhealth_path = '/[request]'\n",
    };
    const std::array<std::string, 3> sections{
        "[request]\ntimeout = \"30s\"\n", "[request]\nslow = \"1s\"\n", "[request]\n"
    };
    for (const auto& before : noise) {
        for (const auto& section : sections) {
            for (const auto& after : noise) {
                if (before == after && before.contains("\n[")) continue;
                if (before == after && before.starts_with('[')) continue;
                const auto text = before + section + after;
                const auto made = edited(text, "request.timeout");
                EXPECT_TRUE(made.starts_with(before)) << made;
                EXPECT_TRUE(made.ends_with(after)) << made;
                EXPECT_EQ(edited(made, "request.timeout", 30s).size(), made.size() + 1);
            }
        }
    }
}

}  // namespace
}  // namespace curfew::policy
