#include <curfew/clients/pg/drive.hpp>
#include <curfew/clients/testing/servers.hpp>

#include <gtest/gtest.h>

#include <cerrno>

namespace curfew::pg {
namespace {

using namespace std::chrono_literals;
using scratch::silent_server;
using scratch::talking_server;

/// A clock that moves on by itself whenever it is read: a deadline passes at once.
class hasty_clock final : public clock {
  public:
    [[nodiscard]] time_point now() const noexcept override { return at_ += 1ms; }

  private:
    mutable time_point at_{1h};
};

TEST(session, a_refused_connection_says_so_with_errno_and_without_the_password) {
    const silent_server nobody{false};
    auto made = session::connect(*target::parse(nobody.words()), {});
    const steady_clock time;
    const auto until = deadline::after(time.now(), 10s);
    const auto connected = made ? drive(*made, until, time) : std::unexpected{made.error()};
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().code, errc::connect_refused);
    EXPECT_EQ(connected.error().system, ECONNREFUSED);
    EXPECT_EQ(connected.error().message.find("s3cret"), std::string::npos);
    if (made) EXPECT_EQ(made->is(), condition::lost);
}

TEST(session, a_server_that_says_nothing_costs_the_deadline_and_no_more) {
    const silent_server silent{true};
    auto made = session::connect(*target::parse(silent.words()), {});
    ASSERT_TRUE(made);
    const hasty_clock time;
    const auto connected = drive(*made, deadline{time_point{1h + 5ms}}, time);
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().code, errc::own_timeout);
    EXPECT_EQ(made->is(), condition::connecting);
    EXPECT_FALSE(made->ticket());
    EXPECT_GE(made->socket_serial(), 1U);
    made->close();
    EXPECT_EQ(made->is(), condition::closed);
    EXPECT_EQ(made->socket(), -1);
}

TEST(session, a_deadline_that_has_passed_is_expired_now) {
    const silent_server silent{true};
    auto made = session::connect(*target::parse(silent.words()), {});
    ASSERT_TRUE(made);
    const manual_clock time{time_point{1h}};
    EXPECT_EQ(drive(*made, deadline{time_point{1h}}, time).error().code, errc::own_timeout);
}

TEST(session, a_server_that_never_stops_talking_costs_the_deadline_and_no_more) {
    const talking_server server{talking_server::when::asked};
    auto made = session::connect(*target::parse(server.door.words()), {});
    ASSERT_TRUE(made);
    const steady_clock time;
    ASSERT_TRUE(drive(*made, deadline::after(time.now(), 20s), time));
    made->send("SELECT 1");
    const auto began = time.now();
    const auto answered = drive(*made, deadline::after(began, 200ms), time);
    ASSERT_FALSE(answered);
    EXPECT_EQ(answered.error().code, errc::own_timeout);
    EXPECT_LT(time.now() - began, 5s);
    while (made->advance() != progress::more)
        EXPECT_TRUE(wait_for(made->socket(), progress::reads, deadline::after(began, 20s), time));
    EXPECT_EQ(made->is(), condition::running);
}

TEST(session, what_a_server_says_without_a_row_has_a_bound) {
    const steady_clock time;
    for (const auto when : {talking_server::when::asked, talking_server::when::connecting}) {
        const talking_server server{when, 4000};
        auto made = session::connect(*target::parse(server.door.words()), {}, {.bytes_max = 0});
        ASSERT_TRUE(made);
        auto done = drive(*made, deadline::after(time.now(), 20s), time);
        const bool connected = done.has_value();
        EXPECT_EQ(connected, when == talking_server::when::asked);
        if (connected) {
            made->send("SELECT 1");
            done = drive(*made, deadline::after(time.now(), 20s), time);
        }
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, connected ? errc::result_too_large : errc::upstream_protocol);
        EXPECT_EQ(made->is(), condition::lost);
    }
}

TEST(session_death, a_wait_without_a_bound_is_a_bug) {
    const manual_clock time;
    EXPECT_DEATH((void)wait_for(0, progress::reads, deadline{}, time), "bound");
}

TEST(cancellation, a_frozen_server_costs_the_deadline_and_no_more) {
    const silent_server silent{true};
    cancellation request{silent.ticket()};
    const hasty_clock time;
    EXPECT_EQ(drive(request, deadline{time_point{1h + 5ms}}, time).error().code, errc::own_timeout);
    auto moved = std::move(request);
    EXPECT_GE(moved.socket(), 0);
}

TEST(cancellation, a_server_that_is_gone_is_told_as_such) {
    const silent_server nobody{false};
    cancellation request{nobody.ticket()};
    const steady_clock time;
    const auto done = drive(request, deadline::after(time.now(), 10s), time);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::connect_refused);
    EXPECT_EQ(done.error().system, ECONNREFUSED);
}

TEST(rows, know_null_from_an_empty_text) {
    rows some;
    some.add_column("a");
    some.add_column("b");
    some.add_value("");
    some.add_null();
    some.add_value("x");
    some.add_value("yy");
    EXPECT_EQ(some.size(), 2U);
    EXPECT_EQ(some.at(0, 0), "");
    EXPECT_EQ(some.at(0, 1), std::nullopt);
    EXPECT_EQ(some.at(1, 1), "yy");
    EXPECT_EQ(some.find("b"), 1U);
    EXPECT_EQ(some.find("c"), std::nullopt);
    EXPECT_EQ(some.bytes(), 3U);
}

TEST(parameter, numbers_flags_and_null_have_their_texts) {
    EXPECT_STREQ(parameter{17}.text(), "17");
    EXPECT_STREQ(parameter{-5'000'000'000}.text(), "-5000000000");
    EXPECT_STREQ(parameter{true}.text(), "true");
    EXPECT_STREQ(parameter{0.1}.text(), "0.1");
    EXPECT_STREQ(parameter{"it's"}.text(), "it's");
    EXPECT_EQ(parameter{nullptr}.text(), nullptr);
    EXPECT_TRUE(parameter{std::string(1, '\0')}.holds_zero_byte());
}

}  // namespace
}  // namespace curfew::pg
