#include "parse.hpp"

#include "flags.hpp"
#include "manual.hpp"
#include "shells.hpp"
#include <curfew/policy/load.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace curfew::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(std::vector<std::string> words) {
    const auto line = parse(std::move(words));
    return line ? "accepted" : line.error().sentence + " | " + line.error().hint;
}

TEST(parse, takes_a_verb_its_flags_and_their_values) {
    const auto line =
        parse({"check", "--env", "staging", "--explain=request.slow", "--json", "-q"});
    ASSERT_TRUE(line);
    EXPECT_EQ(line->verb->name, "check");
    EXPECT_EQ(line->value("--env"), "staging");
    EXPECT_EQ(line->value("--explain"), "request.slow");
    EXPECT_TRUE(line->has("--json"));
    EXPECT_TRUE(line->has("--quiet"));
    EXPECT_FALSE(line->has("--verbose"));
    EXPECT_EQ(line->value("--color", "auto"), "auto");
}

TEST(parse, version_and_help_are_flags_of_the_program_too) {
    EXPECT_EQ(parse({"--version"})->verb->name, "version");
    EXPECT_EQ(parse({"-h"})->verb->name, "help");
    const auto line = parse({"check", "--env", "x", "--help"});
    ASSERT_TRUE(line);
    EXPECT_EQ(line->verb->name, "help");
    EXPECT_THAT(line->arguments, ElementsAre("check"));
}

TEST(parse, what_was_meant_is_offered) {
    EXPECT_EQ(refusal({"chekc"}), "there is no verb `chekc` | did you mean `curfew check`?");
    EXPECT_EQ(refusal({"check", "--jsno"}), "`check` has no flag --jsno | did you mean --json?");
    EXPECT_EQ(refusal({"check", "--enf=x"}), "`check` has no flag --enf | did you mean --env?");
}

TEST(parse, bad_usage_is_one_sentence) {
    EXPECT_EQ(refusal({}), "a verb is needed | `curfew help` lists them");
    EXPECT_EQ(refusal({""}), "there is no verb `` | `curfew help` lists the verbs");
    EXPECT_EQ(refusal({"check", "--env"}), "--env needs a value | write --env NAME");
    EXPECT_EQ(refusal({"check", "x"}), "`check` does not take `x` | curfew help check");
    EXPECT_EQ(refusal({"init", "a", "b"}), "`init` does not take `b` | curfew help init");
    EXPECT_EQ(
        refusal({"check", "--env", "a", "--env", "b"}),
        "--env is given more than once | give it once"
    );
    EXPECT_EQ(
        refusal({"check", "--color=blue"}), "--color is auto, always or never, not `blue` | "
    );
    EXPECT_EQ(refusal({"check", "--", "x"}), "`check` starts no command | leave `--` out");
    EXPECT_THAT(refusal({"--env", "x", "check"}), HasSubstr("flags stand behind the verb"));
    EXPECT_EQ(refusal({"check", "--json=no"}), "--json takes no value | write it alone");
}

TEST(parse, a_value_may_be_empty) {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"preflight", "--simulate="},
          {"preflight", "--simulate=", "--json"},
          {"preflight", "--simulate", "", "--env", "staging"}}) {
        const auto line = parse(words);
        ASSERT_TRUE(line) << line.error().sentence;
        EXPECT_TRUE(line->has("--simulate"));
        EXPECT_EQ(line->value("--simulate", "none"), "");
    }
}

TEST(parse, a_value_may_begin_with_a_dash) {
    const auto line = parse({"check", "--config", "-odd.toml"});
    ASSERT_TRUE(line) << line.error().sentence;
    EXPECT_EQ(line->value("--config"), "-odd.toml");
}

TEST(flag_table, a_flag_that_sets_a_key_names_one_the_policy_has) {
    policy::sources from;
    from.variables = {{"CURFEW_UPSTREAM_DEFAULT_URLS", "http://127.0.0.1:1"}};
    const auto loaded = policy::load(from);
    ASSERT_TRUE(loaded.snapshot);
    for (const auto& verb : verbs()) {
        for (const auto& flag : flags_of(verb)) {
            if (flag.key.empty()) continue;
            EXPECT_TRUE(loaded.explain(flag.key)) << flag.name;
            EXPECT_EQ(flag.value.empty(), !flag.setting.empty()) << flag.name;
        }
    }
}

TEST(flag_table, every_verb_takes_what_all_have_in_common) {
    const std::vector<std::string> words{
        "--config", "a.toml", "--env", "staging", "--json", "--quiet", "--color", "never"
    };
    for (const auto& verb : verbs()) {
        std::vector<std::string> line{std::string{verb.name}};
        line.insert(line.end(), words.begin(), words.end());
        const auto taken = parse(line);
        ASSERT_TRUE(taken) << verb.name << ": " << taken.error().sentence;
        EXPECT_EQ(taken->verb, &verb);
        EXPECT_EQ(taken->value("--config"), "a.toml");
        EXPECT_EQ(taken->value("--color"), "never");
        EXPECT_TRUE(taken->has("--json") && taken->has("--quiet")) << verb.name;
        const auto loud = parse({std::string{verb.name}, "-v"});
        EXPECT_TRUE(loud && loud->has("--verbose")) << verb.name;
        const auto about = parse({std::string{verb.name}, "--json", "-h"});
        EXPECT_TRUE(about && about->verb->name == "help" && about->has("--json")) << verb.name;
    }
}

TEST(flag_table, what_common_flags_set_for_serve_are_keys_the_policy_takes) {
    for (const auto& [flag, key, setting] : serve_meanings) {
        policy::sources from;
        from.flags = {{std::string{flag}, std::string{key}, {std::string{setting}}}};
        const auto loaded = policy::load(from);
        EXPECT_TRUE(loaded.snapshot) << flag;
        EXPECT_TRUE(parse({"serve", std::string{flag}})) << flag;
    }
}

TEST(flag_table, no_verb_has_a_flag_or_a_letter_twice) {
    for (const auto& verb : verbs()) {
        std::set<std::string_view> names;
        std::set<char> letters;
        for (const auto& flag : flags_of(verb)) {
            EXPECT_TRUE(names.insert(flag.name).second) << verb.name << ' ' << flag.name;
            EXPECT_TRUE(!flag.letter || letters.insert(flag.letter).second) << flag.name;
            EXPECT_TRUE(flag.help.ends_with('.')) << flag.name;
        }
        EXPECT_NE(verb.run, nullptr) << verb.name;
    }
}

std::string in_roff(std::string text) {
    for (auto at = text.find('-'); at != text.npos; at = text.find('-', at + 2)) {
        text.insert(at, "\\");
    }
    return text;
}

TEST(manual, every_verb_and_flag_is_in_the_help_the_man_page_and_the_completions) {
    const std::vector<std::string> shells{
        bash_completions(), zsh_completions(), fish_completions()
    };
    for (const auto& verb : verbs()) {
        EXPECT_THAT(help_page(), HasSubstr("  " + std::string{verb.name} + ' '));
        for (const auto& flag : flags_of(verb)) {
            const std::string bare{flag.name.substr(2)};
            EXPECT_THAT(help_page(verb), HasSubstr("--" + bare));
            EXPECT_THAT(man_page(), HasSubstr("\\-\\-" + in_roff(bare)));
            for (const auto& script : shells) {
                EXPECT_THAT(script, HasSubstr(bare));
            }
        }
    }
}

TEST(manual, no_line_of_the_help_is_wider_than_a_terminal) {
    auto pages = help_page();
    for (const auto& verb : verbs()) {
        pages += help_page(verb);
    }
    for (std::string_view rest = pages; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n'));
        EXPECT_LE(line.size(), 80u) << line;
        rest.remove_prefix(line.size() + 1);
    }
}

}  // namespace
}  // namespace curfew::cli
