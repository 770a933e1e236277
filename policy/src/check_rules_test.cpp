#include "loaded.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>
#include <vector>

namespace curfew::policy {
namespace {

using namespace std::chrono_literals;

TEST(check_rules, a_check_knows_where_it_looks) {
    const auto loaded = load_text(
        "[check.cache]\ntype = \"redis\"\ntarget = \"redis://user:p%40ss@cache.internal\"\n"
        "[check.space]\ntype = \"disk\"\ntarget = \"/var\"\nfree = \"1GiB\"\n"
        "[check.time]\ntype = \"clock\"\n"
    );
    ASSERT_TRUE(loaded.snapshot);
    const auto& checks = loaded.snapshot->checks;
    ASSERT_EQ(checks.size(), 3U);
    EXPECT_EQ(checks[0].type, check_type::redis);
    EXPECT_EQ(checks[0].where.user, "user");
    EXPECT_EQ(checks[0].where.password, "p@ss");
    EXPECT_EQ(checks[0].where.shown(), "cache.internal:6379");
    EXPECT_EQ(checks[0].timeout, 5s);
    EXPECT_EQ(checks[1].free, 1024U * 1024 * 1024);
    EXPECT_EQ(checks[2].type, check_type::clock);
}

TEST(check_rules, a_database_has_the_limits_of_its_environment) {
    const auto* text = "[check.db]\ntype = \"postgres\"\ntarget = \"postgresql://shop@h/shop\"\n";
    const auto loaded = load_text(text, "staging");
    ASSERT_TRUE(loaded.snapshot);
    EXPECT_EQ(loaded.snapshot->checks[0].timeout, 95s);
    EXPECT_FALSE(loaded.snapshot->checks[0].is_timeout_said);
    EXPECT_EQ(loaded.explain("check.db.timeout")->value, "\"95s\"");
    const auto said = load_text(std::string{text} + "timeout = \"3s\"\n", "staging");
    ASSERT_TRUE(said.snapshot);
    EXPECT_EQ(said.snapshot->checks[0].timeout, 3s);
    EXPECT_TRUE(said.snapshot->checks[0].is_timeout_said);
}

TEST(check_rules, what_only_libpq_reads_is_left_to_it) {
    for (const auto* target :
         {"postgresql://a,b:5433/shop", "postgresql:///shop?host=/run/postgresql"}) {
        const auto loaded = load_text(
            "[check.db]\ntype = \"postgres\"\ntarget = \"" + std::string{target} + "\"\n"
        );
        ASSERT_TRUE(loaded.snapshot) << target;
        EXPECT_TRUE(loaded.snapshot->checks[0].where.host.empty());
    }
    EXPECT_FALSE(
        load_text("[check.db]\ntype = \"postgres\"\ntarget = \"postgresql://a@\"\n").snapshot
    );
}

TEST(check_rules, a_target_is_shown_nowhere) {
    const auto loaded =
        load_text("[check.db]\ntype = \"postgres\"\ntarget = \"postgres://a:s3cret@h/shop\"\n");
    ASSERT_TRUE(loaded.snapshot);
    EXPECT_EQ(loaded.explain("check.db.target")->value, "(hidden)");
    const auto broken =
        load_text("[check.db]\ntype = \"postgres\"\ntarget = \"postgres://a:s3%cret@h/shop\"\n");
    ASSERT_EQ(broken.problems.size(), 1U);
    EXPECT_EQ(broken.problems[0].sentence.find("s3"), std::string::npos);
}

TEST(check_rules, what_cannot_be_is_told_with_its_place) {
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"[check.a]\n", "1:8: the check `a` does not say its `type`"},
        {"[check.a]\ntype = \"tcp\"\n", "1:8: the check `a` has no `target`"},
        {"[check.a]\ntype = \"command\"\n", "1:8: the check `a` has no `command`"},
        {"[check.a]\ntype = \"command\"\ncommand = [\"\"]\n", "3:11: a command has a name"},
        {"[check.a]\ntype = \"tcp\"\ntarget = \"host\"\n", "3:10: `check.a.target`: it has no port"
        },
        {"[check.a]\ntype = \"http\"\ntarget = \"htp://h\"\n",
         "3:10: `check.a.target`: its scheme is none that fits here"},
        {"[check.a]\ntype = \"tcp\"\ntarget = \"u@h:1\"\n",
         "3:10: `check.a.target` has a user, and a check of the type tcp does not use one"},
        {"[check.a]\ntype = \"redis\"\ntarget = \"redis://h/x\"\n",
         "3:10: `check.a.target` has a path, and a check of the type redis does not use one"},
        {"[check.a]\ntype = \"nats\"\ntarget = \"nats://h/x\"\n",
         "3:10: `check.a.target` has a path, and a check of the type nats does not use one"},
        {"[check.a]\ntype = \"clock\"\nfree = \"1MiB\"\n",
         "3:8: `check.a.free` means nothing to a check of the type clock"},
        {"[check.a]\ntype = \"http\"\ntarget = \"http://h\"\nvalid_for = \"1h\"\n",
         "4:13: `check.a.valid_for` means nothing without https"},
        {"[check.a]\ntype = \"postgres\"\ntarget = \"postgresql://x@h/x?service=y\"\n",
         "3:10: `check.a.target` names a service, whose file could name hosts that nobody looked up"
        },
        {"[check.a]\ntype = \"redis\"\ntarget = \"redis://h\"\nca_file = \"/a\"\n",
         "4:11: `check.a.ca_file` means nothing without rediss"},
    };
    for (const auto& [text, sentence] : wrong) {
        const auto loaded = load_text(text);
        ASSERT_EQ(loaded.problems.size(), 1U) << text;
        EXPECT_EQ(sentences(loaded)[0], sentence);
    }
}

}  // namespace
}  // namespace curfew::policy
