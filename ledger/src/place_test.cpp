#include <curfew/ledger/place.hpp>

#include <gtest/gtest.h>

namespace curfew::ledger {
namespace {

policy::policy saying(const std::string& store, const std::string& path) {
    policy::policy made;
    made.ledger.store = store;
    made.ledger.path = path;
    return made;
}

TEST(place, a_store_comes_before_a_path_and_that_before_the_usual_place) {
    EXPECT_EQ(place_of(saying("/a/s.db", "/a/p.db"), "/state", nullptr)->path, "/a/s.db");
    EXPECT_EQ(place_of(saying("", "/a/p.db"), "/state", nullptr)->path, "/a/p.db");
    EXPECT_EQ(place_of(saying("", ""), "/state", nullptr)->path, "/state/curfew/ledger.db");
    EXPECT_EQ(place_of(saying("", ""), nullptr, nullptr).error().code, errc::bad_usage);
    EXPECT_FALSE(place_of(saying("/a/s.db", ""), nullptr, nullptr)->database);
}

TEST(place, what_waits_for_a_database_is_beside_the_path_under_its_name) {
    const std::string url = "postgresql://me:hush@db:5433/ops";
    policy::policy rules = saying(url, "/a/p.db");
    rules.database.query = std::chrono::seconds{7};
    const auto made = place_of(rules, "/state", nullptr);
    ASSERT_TRUE(made && made->database);
    EXPECT_EQ(made->path, "/a/postgresql-db-5433-ops");
    EXPECT_EQ(made->shown(), "postgresql://db:5433/ops");
    EXPECT_EQ(made->database->url, url);
    EXPECT_EQ(made->database->limits.query, std::chrono::seconds{7});
    EXPECT_EQ(
        place_of(saying(url, ""), "/state", nullptr)->path, "/state/curfew/postgresql-db-5433-ops"
    );
    EXPECT_EQ(place_of(saying(url, "here.db"), nullptr, nullptr)->path, "postgresql-db-5433-ops");
    EXPECT_FALSE(place_of(saying(url, ""), nullptr, nullptr));
}

}  // namespace
}  // namespace curfew::ledger
