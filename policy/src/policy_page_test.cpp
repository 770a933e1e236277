#include "key.hpp"
#include <curfew/policy/reference.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace curfew::policy {
namespace {

void expect_kept(const std::string& name, const std::string& text) {
    const auto path = CURFEW_SOURCE_ROOT "/docs/" + name;
    if (std::getenv("CURFEW_UPDATE") != nullptr) {
        std::ofstream{path} << text;
    }
    std::ifstream file{path};
    const std::string kept{std::istreambuf_iterator{file}, {}};
    EXPECT_EQ(kept, text) << "run policy_test with CURFEW_UPDATE=1 and commit " << path;
}

TEST(policy_page, the_page_and_the_schema_in_docs_are_what_the_table_says) {
    expect_kept("policy.md", reference_page());
    expect_kept("schema/curfew.toml.json", json_schema());
}

TEST(policy_page, each_key_has_a_section_a_sentence_and_a_row) {
    const auto page = reference_page();
    for (const auto& which : keys()) {
        const auto parent = which.path.substr(0, which.path.rfind('.'));
        EXPECT_TRUE(std::ranges::any_of(sections(), [&](auto& s) { return s.path == parent; }))
            << which.path;
        EXPECT_TRUE(which.documentation.ends_with('.')) << which.path;
        EXPECT_NE(page.find(which.documentation), page.npos) << which.path;
    }
    EXPECT_EQ(std::ranges::count(page, '|') % 6, 0) << "a cell holds a bar that would end it";
}

TEST(key_table, paths_are_unique_and_each_default_is_in_its_range) {
    std::set<std::string_view> seen;
    blank fresh;
    for (const auto& which : keys()) {
        EXPECT_TRUE(seen.insert(which.path).second) << which.path;
        if (!which.inherits.empty()) {
            EXPECT_NE(find_key(which.inherits), nullptr) << which.path;
            continue;
        }
        auto text = default_text(which);
        if (text.starts_with('[') || text == "\"\"") continue;
        std::erase(text, '"');
        const literal value{literal::kind::untyped, text, {}, {}};
        EXPECT_FALSE(assign(which.place(fresh.all()), which.allowed, value))
            << which.path << " = " << text;
    }
}

TEST(key_table, a_path_is_resolved_to_the_key_that_made_it) {
    for (const auto& which : keys()) {
        for (const auto* name : {"main", "GET x.org/a.b", "a.breaker", "*"}) {
            const auto path = resolve(concrete_path(which, name));
            ASSERT_TRUE(path) << which.path;
            EXPECT_EQ(path->which, &which);
        }
    }
    EXPECT_FALSE(resolve("upstream.urls"));
    EXPECT_FALSE(resolve("upstream..urls"));
    EXPECT_FALSE(resolve("route.timeout"));
}

}  // namespace
}  // namespace curfew::policy
