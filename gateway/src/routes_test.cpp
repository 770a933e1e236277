#include <curfew/gateway/routes.hpp>

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace curfew::gateway {
namespace {

std::vector<route_rule> derived() {
    std::vector<route_rule> rules(1);
    rules[0].derive = true;
    return rules;
}

route_rule rule(std::string name, std::string host, std::string prefix, method_set methods = {}) {
    return {std::move(name), std::move(host), std::move(prefix), methods, false};
}

std::string named(
    route_table& table, std::string_view method, std::string_view host, std::string_view target
) {
    const auto found = table.find(http1::find_method_id(method), host, target);
    if (!found) return std::string{describe(found.error().code).id};
    return std::string{table.name(found->route)};
}

TEST(routes, derived_name_is_method_and_two_segments) {
    route_table table{derived()};
    EXPECT_EQ(named(table, "GET", "h", "/"), "GET /");
    EXPECT_EQ(named(table, "GET", "h", ""), "GET /");
    EXPECT_EQ(named(table, "POST", "h", "/login"), "POST /login");
    EXPECT_EQ(named(table, "GET", "h", "/users/42?x=1/2"), "GET /users/{id}");
    EXPECT_EQ(named(table, "GET", "h", "/users/42/posts/7"), "GET /users/{id}");
    EXPECT_EQ(named(table, "GET", "h", "//a///b/"), "GET /a/b");
    EXPECT_EQ(named(table, "BREW", "h", "/pot"), "OTHER /pot");
    EXPECT_EQ(named(table, "OTHER", "h", "/pot"), "OTHER /pot");
    EXPECT_EQ(named(table, "OPTIONS", "h", "*"), "OPTIONS /{id}");
    EXPECT_EQ(named(table, "GET", "h", "http://h/a/b?c"), "GET /a/b");
    EXPECT_EQ(named(table, "GET", "h", "http://h"), "GET /");
}

TEST(routes, segments_that_look_like_identifiers_are_folded) {
    for (const char* id :
         {"1",
          "0042",
          "3.14",
          "2024-11-20",
          "9b2d5b4e-5a8f-4f0e-8a52-3c9c0c4a1f7d",
          "5f3e2a1b9c",
          "507f1f77bcf86cd799439011",
          "dQw4w9WgXcQ",
          "order-4711",
          "user_12345",
          "a%20b",
          "a@b.c",
          "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
          "48.1,11.5",
          "..",
          ".",
          "\xc3\xa9t\xc3\xa9"}) {
        EXPECT_TRUE(is_identifier(id)) << id;
    }
    EXPECT_TRUE(is_identifier(std::string(65, 'a')));
    for (const char* word :
         {"users",
          "v1",
          "oauth2",
          "password-reset-v2",
          "deadbeef",
          "ListItemsV2",
          "utf-8",
          "s3",
          "iso8601",
          "favicon.ico",
          "app.min.js",
          "well-known",
          "p",
          "md5sum",
          "health"}) {
        EXPECT_FALSE(is_identifier(word)) << word;
    }
}

TEST(routes, the_same_request_keeps_its_index) {
    route_table table{derived()};
    const auto first = table.find(http1::method_id::get, "h", "/users/1");
    const auto again = table.find(http1::method_id::get, "h", "/users/2");
    ASSERT_TRUE(first && again);
    EXPECT_EQ(first->route, again->route);
    EXPECT_NE(first->route, table.find(http1::method_id::put, "h", "/users/1")->route);
}

TEST(routes, hostile_paths_cannot_grow_the_table) {
    route_table table{derived(), {.routes_max = 8}};
    std::set<route_index> seen;
    for (int i = 0; i < 10'000; ++i) {
        const auto letter = [&](int n) { return static_cast<char>('a' + i / n % 26); };
        const std::string path{'/', letter(676), letter(26), letter(1)};
        seen.insert(table.find(http1::method_id::get, "h", path)->route);
        table.learn(http1::method_id::get, "h", path);
    }
    EXPECT_EQ(seen.size(), 5U) << "four on sight, and other";
    EXPECT_EQ(table.size(), 9U);
    EXPECT_EQ(table.capacity(), 9U);
    const auto late = table.find(http1::method_id::get, "h", "/late");
    EXPECT_EQ(table.name(late->route), "other");
    EXPECT_FALSE(late->provisional);
}

TEST(routes, the_second_half_is_for_paths_that_proved_real) {
    route_table table{derived(), {.routes_max = 4}};
    for (const char* scanned : {"/wp-admin", "/phpmyadmin", "/cgi-bin", "/backup"}) {
        EXPECT_TRUE(table.find(http1::method_id::get, "h", scanned));
    }
    const auto before = table.find(http1::method_id::get, "h", "/real");
    EXPECT_EQ(table.name(before->route), "other");
    EXPECT_TRUE(before->provisional);
    table.learn(http1::method_id::get, "h", "/real");
    const auto after = table.find(http1::method_id::get, "h", "/real");
    EXPECT_EQ(table.name(after->route), "GET /real");
    EXPECT_FALSE(after->provisional);
}

TEST(routes, the_longest_prefix_wins_on_segment_borders) {
    route_table table{{rule("all", "", "/"), rule("a", "", "/a"), rule("ab", "", "/a/b/")}};
    EXPECT_EQ(named(table, "GET", "h", "/"), "all");
    EXPECT_EQ(named(table, "GET", "h", "/a"), "a");
    EXPECT_EQ(named(table, "GET", "h", "/a?b"), "a");
    EXPECT_EQ(named(table, "GET", "h", "/ab"), "all");
    EXPECT_EQ(named(table, "GET", "h", "/a/b"), "ab");
    EXPECT_EQ(named(table, "GET", "h", "/a/b/c"), "ab");
    EXPECT_EQ(named(table, "GET", "h", "/a/bc"), "a");
}

TEST(routes, an_exact_host_beats_a_suffix_beats_any) {
    route_table table{
        {rule("any", "", "/long/prefix"),
         rule("short", "*.org", "/"),
         rule("long", "*.example.org", "/"),
         rule("exact", "API.example.org", "/")}
    };
    EXPECT_EQ(named(table, "GET", "api.Example.ORG:8080", "/long/prefix"), "exact");
    EXPECT_EQ(named(table, "GET", "api.example.org.", "/"), "exact");
    EXPECT_EQ(named(table, "GET", "www.example.org", "/"), "long");
    EXPECT_EQ(named(table, "GET", "example.org", "/"), "short");
    EXPECT_EQ(named(table, "GET", "[::1]:80", "/long/prefix"), "any");
    EXPECT_EQ(named(table, "GET", "[::1]", "/"), "not-found");
}

TEST(routes, a_host_nobody_serves_is_misdirected) {
    route_table table{{rule("a", "a.example", "/x")}};
    EXPECT_EQ(named(table, "GET", "b.example", "/x"), "misdirected");
    EXPECT_EQ(named(table, "GET", "a.example", "/y"), "not-found");
    EXPECT_EQ(named(table, "GET", "aXexample", "/x"), "misdirected");
}

TEST(routes, a_rule_that_names_methods_wins_and_lets_others_pass) {
    const auto writes = method_set{}.add(http1::method_id::post).add(http1::method_id::other);
    route_table table{{rule("read", "", "/a"), rule("write", "", "/a", writes)}};
    EXPECT_EQ(named(table, "POST", "h", "/a"), "write");
    EXPECT_EQ(named(table, "GET", "h", "/a"), "read");
    EXPECT_EQ(named(table, "BREW", "h", "/a"), "write");
    EXPECT_EQ(named(table, "post", "h", "/a"), "write") << "methods are case-sensitive: OTHER";
}

TEST(routes, dot_segments_never_reach_a_prefix) {
    route_table table{{rule("all", "", "/"), rule("public", "", "/public")}};
    for (const char* path :
         {"/public/../admin", "/public/%2e%2E/admin", "/public/.%2e/x", "/./public"}) {
        EXPECT_EQ(named(table, "GET", "h", path), "all") << path;
    }
    EXPECT_EQ(named(table, "GET", "h", "/public/.hidden"), "public");
    EXPECT_EQ(named(table, "GET", "h", "/public/..."), "public");
}

TEST(routes, a_derived_rule_counts_segments_behind_its_prefix) {
    auto rules = derived();
    rules[0].prefix = "/api/v1";
    route_table table{std::move(rules)};
    EXPECT_EQ(named(table, "GET", "h", "/api/v1/users/7/x"), "GET /api/v1/users/{id}");
    EXPECT_EQ(named(table, "GET", "h", "/api/v1"), "GET /api/v1");
}

TEST(routes, an_unnamed_rule_is_called_by_what_it_serves) {
    route_table table{
        {rule("", "h", "/a", method_set{}.add(http1::method_id::get).add(http1::method_id::head))}
    };
    EXPECT_EQ(named(table, "GET", "h", "/a"), "GET,HEAD h/a");
}

TEST(routes, threads_agree_on_every_index) {
    route_table table{derived(), {.routes_max = 64}};
    std::array<std::vector<route_index>, 4> seen;
    {
        std::vector<std::jthread> threads;
        for (auto& mine : seen) {
            threads.emplace_back([&table, &mine] {
                for (int i = 0; i < 2000; ++i) {
                    const std::string path{'/', static_cast<char>('a' + i % 24)};
                    mine.push_back(table.find(http1::method_id::get, "h", path)->route);
                }
            });
        }
    }
    for (const auto& mine : seen)
        EXPECT_EQ(mine, seen[0]);
    EXPECT_EQ(table.size(), 25U);
}

}  // namespace
}  // namespace curfew::gateway
