#include <curfew/gateway/idle_pool.hpp>

#include <gtest/gtest.h>

#include <memory>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;
using connection = std::unique_ptr<int>;

constexpr time_point start{1h};

struct pool_under_test {
    explicit pool_under_test(idle_pool_config config = {}) : pool{config} {}

    auto closer() {
        return [this](connection&& one) { closed.push_back(*one); };
    }

    void put(int name, keep_alive_terms terms = {}, time_point opened = start) {
        pool.put(std::make_unique<int>(name), opened, terms, now, closer());
    }

    std::optional<int> take() {
        auto one = pool.take(now, closer());
        return one ? std::optional{*one->connection} : std::nullopt;
    }

    idle_pool<connection> pool;
    std::vector<int> closed;
    time_point now = start;
};

TEST(idle_pool, the_last_one_used_is_the_first_one_taken) {
    pool_under_test test;
    for (const int name : {1, 2, 3})
        test.put(name);
    EXPECT_EQ(test.take(), 3);
    EXPECT_EQ(test.take(), 2);
    EXPECT_EQ(test.take(), 1);
    EXPECT_EQ(test.take(), std::nullopt);
    EXPECT_TRUE(test.closed.empty());
}

TEST(idle_pool, a_full_pool_gives_up_the_one_idle_longest) {
    pool_under_test test{{.size = 2}};
    for (const int name : {1, 2, 3})
        test.put(name);
    EXPECT_EQ(test.closed, std::vector{1});
    EXPECT_EQ(test.pool.size(), 2U);
    EXPECT_EQ(test.take(), 3);
}

TEST(idle_pool, nothing_is_taken_after_its_idle_timeout) {
    pool_under_test test{{.idle_timeout = 10s}};
    test.put(1);
    test.now += 5s;
    test.put(2);
    EXPECT_EQ(test.pool.next_end(), start + 10s);
    test.now = start + 10s;
    EXPECT_EQ(test.take(), 2);
    EXPECT_EQ(test.take(), std::nullopt);
    EXPECT_EQ(test.closed, std::vector{1});
}

TEST(idle_pool, the_servers_own_timeout_wins_by_a_margin) {
    pool_under_test test;
    test.put(1, {.timeout = 5s, .more = {}});
    EXPECT_EQ(test.pool.next_end(), start + 4s);
    test.put(2, {.timeout = 1s, .more = {}});
    EXPECT_EQ(test.pool.next_end(), start + 500ms);
    test.put(3, {.timeout = 0s, .more = {}});
    test.put(4, {.timeout = {}, .more = 0});
    EXPECT_EQ(test.closed, (std::vector{3, 4}));
    test.now = start + 500ms;
    EXPECT_EQ(test.take(), 1);
}

TEST(idle_pool, age_counts_from_the_opening) {
    pool_under_test test{{.max_age = 1min}};
    test.now = start + 50s;
    test.put(1);
    EXPECT_EQ(test.pool.next_end(), start + 1min);
    test.now = start + 1min;
    test.put(2);
    EXPECT_EQ(test.closed, std::vector{2});
    EXPECT_EQ(test.take(), std::nullopt);
}

TEST(idle_pool, a_sweep_closes_what_has_run_out_or_gone_bad_and_only_that) {
    pool_under_test test;
    test.put(1, {.timeout = 3s, .more = {}});
    test.put(2);
    test.put(3, {.timeout = 3s, .more = {}});
    test.now += 2s;
    test.put(4);
    test.pool.sweep(test.now, [](const connection& one) { return *one != 4; }, test.closer());
    EXPECT_EQ(test.closed, (std::vector{1, 3, 4}));
    EXPECT_EQ(test.take(), 2);
}

TEST(keep_alive, says_how_long_and_how_often) {
    EXPECT_EQ(parse_keep_alive("timeout=5, max=100"), (keep_alive_terms{5s, 100}));
    EXPECT_EQ(parse_keep_alive("Timeout=5"), (keep_alive_terms{5s, {}}));
    EXPECT_EQ(parse_keep_alive("timeout=99999999999999"), (keep_alive_terms{24h, {}}));
    for (const char* nothing :
         {"", "300", "timeout", "timeout=", "timeout=-1", "timeout=5s", "="}) {
        EXPECT_EQ(parse_keep_alive(nothing), keep_alive_terms{}) << nothing;
    }
}

failed_attempt race() {
    return {.why = errc::upstream_closed, .idempotent = true, .reused = true, .head_written = true};
}

TEST(may_retry, the_race_with_the_servers_idle_timeout_is_retried_once) {
    auto attempt = race();
    EXPECT_TRUE(may_retry(attempt));
    attempt.why = errc::upstream_reset;
    EXPECT_TRUE(may_retry(attempt));
    attempt.attempt = 2;
    EXPECT_FALSE(may_retry(attempt));
}

TEST(may_retry, nothing_is_ever_done_twice) {
    auto attempt = race();
    attempt.idempotent = false;
    EXPECT_FALSE(may_retry(attempt)) << "a POST whose head was sent";
    attempt.head_written = false;
    EXPECT_TRUE(may_retry(attempt)) << "nothing was sent";
    attempt = race();
    attempt.body_written = true;
    EXPECT_FALSE(may_retry(attempt));
    attempt = race();
    attempt.response_begun = true;
    EXPECT_FALSE(may_retry(attempt));
    attempt = race();
    attempt.reused = false;
    EXPECT_FALSE(may_retry(attempt)) << "a fresh connection that closes is an answer";
    attempt = race();
    attempt.why = errc::own_timeout;
    EXPECT_FALSE(may_retry(attempt));
}

TEST(may_retry, what_could_not_connect_was_not_sent) {
    for (const auto why : {errc::connect_refused, errc::connect_timeout, errc::connect_failed}) {
        EXPECT_TRUE(may_retry({.why = why})) << describe(why).id;
    }
    EXPECT_FALSE(may_retry({.why = errc::upstream_protocol, .idempotent = true, .reused = true}));
}

TEST(may_retry, an_idempotency_key_makes_a_post_repeatable) {
    http1::request_head head;
    head.method = http1::method_id::post;
    EXPECT_FALSE(is_repeatable(head));
    head.fields.present.insert(http1::field_id::idempotency_key);
    EXPECT_TRUE(is_repeatable(head));
    head.method = http1::method_id::put;
    EXPECT_TRUE(is_repeatable(head));
}

}  // namespace
}  // namespace curfew::gateway
