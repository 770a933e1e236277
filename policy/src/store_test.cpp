#include "loaded.hpp"
#include <curfew/policy/store.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curfew::policy {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(store, a_database_is_shown_without_user_password_and_parameters) {
    for (const auto& [url, shown] : std::initializer_list<std::pair<const char*, const char*>>{
             {"postgresql://db.example:5433/curfew", "postgresql://db.example:5433/curfew"},
             {"postgres://me:hush@db.example/curfew", "postgresql://db.example/curfew"},
             {"postgresql://me:hu/sh@h/b?password=hush", "postgresql://h/b"},
             {"postgresql://me:a@hush@h,i:1/b", "postgresql://h,i:1/b"},
             {"postgresql:///b?host=/run/hush", "postgresql:///b"},
             {"postgresql://me:hu?sh@h/b", "postgresql://(hidden)"},
             {"postgresql://h/b?user=a@b&password=hush", "postgresql://(hidden)"},
             {"/var/lib/curfew/ledger.db", "/var/lib/curfew/ledger.db"},
             {"", ""},
         }) {
        EXPECT_EQ(shown_store(url), shown);
    }
}

TEST(store, what_is_named_after_a_database_is_a_plain_file_name) {
    EXPECT_EQ(file_name_of("postgres://me:hush@db:5433/a/../b"), "postgresql-db-5433-a-..-b");
    EXPECT_EQ(file_name_of("postgresql://[::1]:5/b"), "postgresql----1--5-b");
    EXPECT_EQ(file_name_of("postgresql://" + std::string(500, 'h')).size(), 160U);
}

TEST(store, only_files_and_postgresql_keep_a_ledger) {
    EXPECT_FALSE(wrong_store("postgres://me:hush@h/b"));
    EXPECT_FALSE(wrong_store("ledger.db"));
    EXPECT_FALSE(wrong_store("/a/strange: //name"));
    EXPECT_TRUE(wrong_store("mysql://h/b"));
    EXPECT_TRUE(wrong_store("postgresql://h/a b"));
    EXPECT_TRUE(wrong_store("postgresql://me:hu?sh@h/b"));
}

TEST(store, a_password_in_it_is_never_told) {
    const auto made = load_text("[ledger]\nstore = \"postgres://me:hush@db.example/curfew\"\n");
    ASSERT_TRUE(made.snapshot);
    const auto why = made.explain("ledger.store");
    ASSERT_TRUE(why);
    EXPECT_EQ(why->value, "\"postgresql://db.example/curfew\"");
    EXPECT_EQ(why->statements.back().value, "\"postgresql://db.example/curfew\"");
    const auto wrong = load_text("[ledger]\nstore = \"mysql://me:hush@db.example/curfew\"\n");
    ASSERT_EQ(wrong.problems.size(), 1U);
    const problem& told = wrong.problems[0];
    EXPECT_THAT(told.sentence, HasSubstr("no ledger is kept in what its scheme names"));
    EXPECT_THAT(told.sentence + told.hint + told.source, Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace curfew::policy
