#include "network_checks.hpp"

#include "peer_scenario.hpp"
#include <curfew/preflight/examination.hpp>

#include <cerrno>

namespace curfew::preflight {
namespace {

using namespace std::chrono_literals;
using runtime::task;

class network_checks : public peer_scenario {
  public:
    std::optional<finding> attempt(check_type type) {
        rules.type = type;
        const auto check = make_check(with(), rules);
        bool over = false;
        tasks.spawn(attempt(*check, over));
        run_until_over(over);
        return found;
    }

    task<> attempt(check& of, bool& over) {
        runtime::scope trying{root, bound::after(on.now(), rules.timeout, "check.timeout")};
        auto attempting = of.attempt(trying);
        found = co_await attempting;
        over = true;
    }

    /// The sentence of one look.
    std::string look() {
        const auto check = make_check(with(), rules);
        bool over = false;
        tasks.spawn(look(*check, over));
        EXPECT_TRUE(outside.run(on, [&] { return over; }));
        return wrong ? wrong->sentence : std::string{};
    }

    task<> look(check& of, bool& over) {
        auto looking = look_once(of, rules, false, root);
        wrong = co_await looking;
        over = true;
    }

    std::optional<finding> found;
    std::optional<failing> wrong;
};

TEST_F(network_checks, a_port_that_takes_connections_is_well) {
    serve({{}});
    EXPECT_FALSE(attempt(check_type::tcp));
}

TEST_F(network_checks, a_port_that_nobody_listens_at_is_refused) {
    const auto wrong = attempt(check_type::tcp);
    ASSERT_TRUE(wrong);
    EXPECT_EQ(wrong->sentence, "nobody listens at 127.0.0.1:9");
    EXPECT_EQ(wrong->error_number, ECONNREFUSED);
}

TEST_F(network_checks, an_http_answer_below_400_is_well) {
    serve({{.answers = {"HTTP/1.1 204 No Content\r\n\r\n"}}});
    rules.where.path = "/health?deep=1";
    EXPECT_FALSE(attempt(check_type::http));
    EXPECT_TRUE(heard.starts_with("GET /health?deep=1 HTTP/1.1\r\nHost: 127.0.0.1:9\r\n")) << heard;
}

TEST_F(network_checks, an_http_answer_that_is_not_the_wanted_one_is_told) {
    serve({{.answers = {"HTTP/1.1 503 Busy\r\n\r\n"}}});
    const auto wrong = attempt(check_type::http);
    ASSERT_TRUE(wrong);
    EXPECT_EQ(wrong->sentence, "127.0.0.1:9 answered 503");
    EXPECT_EQ(wrong->http_status, 503);
}

TEST_F(network_checks, the_wanted_status_may_be_an_error) {
    serve({{.answers = {"HTTP/1.1 401 Who\r\n\r\n"}}});
    rules.status = 401;
    EXPECT_FALSE(attempt(check_type::http));
}

TEST_F(network_checks, what_is_no_http_is_told) {
    serve({{.answers = {"SSH-2.0-OpenSSH\r\n"}}});
    EXPECT_EQ(attempt(check_type::http)->sentence, "127.0.0.1:9 does not speak HTTP/1.1");
}

TEST_F(network_checks, a_peer_that_says_nothing_runs_out_of_time) {
    serve({{.answers = {""}, .hangs = true}});
    const auto began = on.now();
    const auto wrong = attempt(check_type::http);
    ASSERT_TRUE(wrong);
    EXPECT_TRUE(wrong->timed_out);
    EXPECT_EQ(wrong->sentence, "no answer from 127.0.0.1:9 in time");
    EXPECT_EQ(on.now() - began, 5s);
}

TEST_F(network_checks, a_peer_that_never_ends_its_line_is_left) {
    serve({{.answers = {std::string(40'000, 'x')}, .hangs = true}});
    EXPECT_EQ(
        attempt(check_type::http)->sentence, "127.0.0.1:9 does not speak what it is asked in"
    );
}

TEST_F(network_checks, redis_is_logged_into_and_pinged) {
    serve({{.answers = {"+OK\r\n+PONG\r\n"}}});
    rules.where.user = "me";
    rules.where.password = "s3cret";
    EXPECT_FALSE(attempt(check_type::redis));
    EXPECT_EQ(heard, "*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$6\r\ns3cret\r\n*1\r\n$4\r\nPING\r\n");
}

TEST_F(network_checks, the_database_of_a_redis_is_selected) {
    serve({{.answers = {"+OK\r\n+PONG\r\n"}}});
    rules.where.path = "/3";
    EXPECT_FALSE(attempt(check_type::redis));
    EXPECT_EQ(heard, "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*1\r\n$4\r\nPING\r\n");
}

TEST_F(network_checks, a_redis_with_a_password_alone_is_asked_in_the_old_way) {
    serve({{.answers = {"+OK\r\n+PONG\r\n"}}});
    rules.where.password = "s3cret";
    EXPECT_FALSE(attempt(check_type::redis));
    EXPECT_TRUE(heard.starts_with("*2\r\n$4\r\nAUTH\r\n$6\r\ns3cret\r\n")) << heard;
}

TEST_F(network_checks, what_redis_says_is_told_in_one_line) {
    serve({{.answers = {"-LOADING Redis is loading\x1b[31m\r\n"}}});
    const auto wrong = attempt(check_type::redis);
    ASSERT_TRUE(wrong);
    EXPECT_EQ(wrong->sentence, "127.0.0.1:9 said: -LOADING Redis is loading [31m");
}

TEST_F(network_checks, what_repeats_the_login_is_not_shown) {
    serve({
        {.answers = {"-ERR unknown command 'AUTH', with args beginning with: 'hunter2'\r\n"}},
        {.greeting = "INFO {}\r\n", .answers = {"-ERR CONNECT {\"auth_token\":\"t0ken\"}\r\n"}},
    });
    rules.type = check_type::redis;
    rules.where.password = "hunter2";
    EXPECT_EQ(look(), "127.0.0.1:9 repeats the login in what it says, which is not shown");
    rules.type = check_type::nats;
    rules.where.password.clear();
    rules.where.user = "t0ken";
    EXPECT_EQ(look(), "127.0.0.1:9 repeats the login in what it says, which is not shown");
}

TEST_F(network_checks, no_control_character_is_shown) {
    EXPECT_EQ(
        clean("a\x1b[31mb\xc2\x9b"
              "c\xff\xc3\xa9\xe2\x82"),
        "a [31mb  c \xc3\xa9"
    );
    EXPECT_EQ(clean(std::string(500, 'x')).size(), 200U);
}

TEST_F(network_checks, nats_is_greeted_logged_into_and_pinged) {
    serve({{.greeting = "INFO {\"version\":\"2.9\"}\r\n", .answers = {"PONG\r\n"}}});
    rules.where.user = "me";
    rules.where.password = "s3\"cret";
    EXPECT_FALSE(attempt(check_type::nats));
    EXPECT_TRUE(heard.starts_with("CONNECT {")) << heard;
    EXPECT_NE(heard.find("\"pass\": \"s3\\\"cret\""), std::string::npos) << heard;
    EXPECT_TRUE(heard.ends_with("}\r\nPING\r\n")) << heard;
}

TEST_F(network_checks, what_nats_refuses_is_told) {
    serve({{.greeting = "INFO {}\r\n", .answers = {"-ERR 'Authorization Violation'\r\n"}}});
    const auto wrong = attempt(check_type::nats);
    ASSERT_TRUE(wrong);
    EXPECT_EQ(classify(wrong->seen_by(check_type::nats, false)).kind, policy::failure_kind::auth);
}

TEST_F(network_checks, a_peer_that_closes_is_told) {
    serve({{.greeting = "INFO {}\r\n", .answers = {""}}});
    EXPECT_EQ(attempt(check_type::nats)->sentence, "127.0.0.1:9 closed the connection");
}

}  // namespace
}  // namespace curfew::preflight
