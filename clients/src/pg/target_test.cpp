#include <curfew/clients/pg/target.hpp>

#include <gtest/gtest.h>

#include <cstdlib>

namespace curfew::pg {
namespace {

target parsed(const std::string& text) {
    auto made = target::parse(text);
    EXPECT_TRUE(made) << text;
    return made ? *made : target{};
}

TEST(target, a_url_tells_who_and_where_and_never_the_password) {
    const auto where = parsed("postgresql://ann:s3cret@db.example:6432/shop?sslmode=require");
    EXPECT_EQ(where.text(), "ann@db.example:6432/shop");
    EXPECT_EQ(where.user(), "ann");
    EXPECT_EQ(where.database(), "shop");
    EXPECT_TRUE(where.says("sslmode"));
    EXPECT_FALSE(where.says("application_name"));
}

TEST(target, only_a_name_has_to_be_looked_up) {
    EXPECT_TRUE(parsed("host=db.example").places()[0].is_named());
    EXPECT_FALSE(parsed("host=127.0.0.1").places()[0].is_named());
    EXPECT_FALSE(parsed("host=::1").places()[0].is_named());
    EXPECT_FALSE(parsed("host=/run/postgresql").places()[0].is_named());
    EXPECT_FALSE(parsed("host=db.example hostaddr=10.0.0.1").places()[0].is_named());
}

TEST(target, several_places_keep_their_order_and_their_ports) {
    const auto where = parsed("postgresql://ann@one:1,two:2/shop");
    ASSERT_EQ(where.places().size(), 2U);
    EXPECT_EQ(where.places()[1].host, "two");
    EXPECT_EQ(where.places()[1].port, "2");
    const auto shared = parsed("host=one,10.0.0.2 port=7 user=ann dbname=shop");
    EXPECT_EQ(shared.text(), "ann@one:7,10.0.0.2:7/shop");
    EXPECT_EQ(shared.places()[1].address, "10.0.0.2");
}

TEST(target, what_is_wrong_is_told_without_repeating_it) {
    for (const auto* text :
         {"postgresql://ann:s3cret@[",
          "password=s3cret host",
          "s3cret",
          "service=s3cret",
          "host=a,b,c port=1,2 password=s3cret"}) {
        const auto made = target::parse(text);
        ASSERT_FALSE(made) << text;
        EXPECT_EQ(made.error().code, errc::bad_usage);
        EXPECT_EQ(made.error().message.find("s3cret"), std::string::npos);
    }
}

TEST(target, the_environment_says_what_the_text_does_not) {
    ::setenv("PGHOST", "from-environment", 1);
    ::setenv("PGPORT", "1234", 1);
    const auto where = parsed("user=ann dbname=shop");
    ::unsetenv("PGHOST");
    ::unsetenv("PGPORT");
    EXPECT_EQ(where.text(), "ann@from-environment:1234/shop");
    EXPECT_TRUE(where.places()[0].is_named());
}

}  // namespace
}  // namespace curfew::pg
