#include "counting_poller.hpp"
#include "dns_server.hpp"
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/resolver.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/task_group.hpp>

#include <ares.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

namespace curfew::runtime {
namespace {

using namespace std::chrono_literals;
using testing::UnorderedElementsAre;

/// What one caller was told, and when.
struct told {
    result<std::vector<endpoint>> what;
    time_point at;

    [[nodiscard]] std::vector<std::string> texts() const {
        std::vector<std::string> all;
        for (const endpoint& each : what.value_or(std::vector<endpoint>{})) {
            all.push_back(each.text());
        }
        return all;
    }
};

task<> resolve_into(resolver& with, std::string name, scope& under, told& into) {
    auto resolving = with.resolve(std::move(name), 80, under);
    into.what = co_await resolving;
    into.at = under.on().now();
}

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

constexpr int a_handful = 20;

/// A loop, a DNS server, and the promise that nothing is left behind.
struct resolver_test : testing::Test {
    real::counting_poller outside;
    loop on{outside};
    scope root{on, {deadline::after(on.now(), 20s), true, "test", 20s}};
    task_group tasks;
    const std::size_t without_server = open_descriptors();
    std::optional<real::dns_server> server{std::in_place};
    resolver names{on, {{server->at()}}};
    resolver hasty{on, {{server->at()}, 50ms, 2}};
    const std::size_t descriptors = open_descriptors();

    void TearDown() override {
        finish();
        EXPECT_FALSE(root.ended()) << "the scenario took too long";
        EXPECT_EQ(outside.watched, 0);
        server.reset();
        EXPECT_EQ(open_descriptors(), without_server);
    }

    void ask(const std::string& name, scope& under, told& into) {
        tasks.spawn(resolve_into(names, name, under, into));
    }

    void finish() {
        while (tasks.running() > 0) {
            on.turn();
        }
    }

    [[nodiscard]] told answer(const std::string& name, resolver& with) {
        told into;
        tasks.spawn(resolve_into(with, name, root, into));
        finish();
        return into;
    }

    /// As answer(), while other tasks go on waiting.
    [[nodiscard]] told answer_first(const std::string& name) {
        const auto before = tasks.running();
        told into;
        ask(name, root, into);
        while (tasks.running() > before) {
            on.turn();
        }
        return into;
    }
};

TEST_F(resolver_test, both_families_are_found_with_the_port) {
    const auto found = answer("plain.test.", names);
    EXPECT_THAT(found.texts(), UnorderedElementsAre("192.0.2.1:80", "[2001:db8::1]:80"));
}

TEST_F(resolver_test, a_family_without_addresses_takes_nothing_from_the_other) {
    EXPECT_THAT(answer("four.test.", names).texts(), UnorderedElementsAre("192.0.2.1:80"));
}

TEST_F(resolver_test, at_most_sixteen_addresses_are_kept) {
    const auto found = answer("crowd.test.", names);
    ASSERT_TRUE(found.what.has_value());
    EXPECT_EQ(found.what->size(), resolver::addresses_max);
}

TEST_F(resolver_test, a_truncated_answer_is_fetched_over_tcp) {
    const auto found = answer("large.test.", names);
    ASSERT_TRUE(found.what.has_value());
    EXPECT_EQ(found.what->size(), resolver::addresses_max);
    EXPECT_EQ(server->questions("large.test."), 4);
    EXPECT_LE(outside.waits, a_handful);
}

TEST_F(resolver_test, an_answer_that_comes_byte_by_byte_is_put_together) {
    const auto found = answer("dribble.test.", names);
    ASSERT_TRUE(found.what.has_value());
    EXPECT_EQ(found.what->size(), resolver::addresses_max);
}

TEST_F(resolver_test, a_connection_cut_before_its_answer_is_a_failure) {
    const auto found = answer("cut.test.", names);
    ASSERT_FALSE(found.what.has_value());
    EXPECT_EQ(found.what.error().code, errc::resolve_failed);
    EXPECT_GE(server->questions("cut.test."), 4);
}

TEST_F(resolver_test, a_name_that_does_not_exist_is_told_as_such) {
    const auto found = answer("absent.test.", names);
    ASSERT_FALSE(found.what.has_value());
    EXPECT_EQ(found.what.error(), (failure{errc::resolve_failed, ARES_ENOTFOUND}));
    EXPECT_EQ(server->questions("absent.test."), 2);
}

TEST_F(resolver_test, a_server_that_fails_is_asked_in_every_round_and_no_more) {
    const auto found = answer("broken.test.", names);
    ASSERT_FALSE(found.what.has_value());
    EXPECT_EQ(found.what.error().code, errc::resolve_failed);
    EXPECT_EQ(server->questions("broken.test."), 8);
}

TEST_F(resolver_test, a_server_that_is_not_there_is_a_failure) {
    descriptor nobody{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const auto any = *endpoint::parse("127.0.0.1:0");
    sockaddr_storage taken{};
    socklen_t size = sizeof taken;
    ASSERT_EQ(::bind(nobody.number(), any.address(), any.size()), 0);
    ::getsockname(nobody.number(), reinterpret_cast<sockaddr*>(&taken), &size);
    nobody = {};
    resolver lonely{on, {{endpoint{reinterpret_cast<const sockaddr*>(&taken)}}}};
    const auto found = answer("plain.test.", lonely);
    ASSERT_FALSE(found.what.has_value());
    EXPECT_EQ(found.what.error(), (failure{errc::resolve_failed, ARES_ECONNREFUSED}));
    EXPECT_LE(outside.waits, a_handful);
}

TEST_F(resolver_test, bytes_that_are_no_answer_are_passed_over) {
    EXPECT_EQ(answer("garbage.test.", names).texts().size(), 2U);
    EXPECT_EQ(answer("stranger.test.", names).texts().size(), 2U);
}

TEST_F(resolver_test, a_question_that_was_lost_is_asked_again) {
    resolver stubborn{on, {{server->at()}, 50ms, 6}};
    EXPECT_EQ(answer("lossy.test.", stubborn).texts().size(), 2U);
    EXPECT_GE(server->questions("lossy.test."), 4);
    EXPECT_LE(outside.waits, a_handful);
}

TEST_F(resolver_test, no_answer_in_any_round_is_a_timeout) {
    const auto found = answer("silent.test.", hasty);
    ASSERT_FALSE(found.what.has_value());
    EXPECT_EQ(found.what.error(), (failure{errc::resolve_timeout, ARES_ETIMEOUT}));
    server->await_questions("silent.test.", 4);
    EXPECT_LE(outside.waits, a_handful);
}

TEST_F(resolver_test, a_silent_server_costs_a_handful_of_turns_until_the_deadline) {
    const auto due = on.now() + 300ms;
    scope limited{root, {deadline{due}, true, "resolve", 300ms}};
    told silence;
    ask("silent.test.", limited, silence);
    finish();
    ASSERT_FALSE(silence.what.has_value());
    EXPECT_EQ(silence.what.error().code, errc::resolve_timeout);
    EXPECT_EQ(limited.limit().at, deadline{due});
    EXPECT_GE(silence.at, due);
    EXPECT_LE(outside.waits, a_handful);
    EXPECT_EQ(outside.watched, 0);
    EXPECT_EQ(open_descriptors(), descriptors);
}

TEST_F(resolver_test, an_inherited_deadline_is_not_called_a_resolve_timeout) {
    scope limited{root, {deadline::after(on.now(), 20ms), false, "request.timeout", 20ms}};
    told silence;
    ask("silent.test.", limited, silence);
    finish();
    EXPECT_EQ(silence.what.error().code, errc::inherited_deadline);
}

TEST_F(resolver_test, a_scope_that_has_ended_asks_nobody) {
    scope over{root, {deadline{on.now()}, true, "resolve", 0ms}};
    told refused;
    ask("plain.test.", over, refused);
    EXPECT_EQ(tasks.running(), 0U);
    EXPECT_EQ(refused.what.error().code, errc::resolve_timeout);
    EXPECT_THAT(answer("plain.test.", names).texts(), testing::SizeIs(2));
    EXPECT_EQ(server->questions("plain.test."), 2);
}

TEST_F(resolver_test, cancelling_ends_the_look_up_in_the_same_turn) {
    scope asking{root};
    told cancelled;
    ask("held.test.", asking, cancelled);
    server->await_questions("held.test.", 2);
    asking.cancel();
    on.turn();
    EXPECT_EQ(tasks.running(), 0U);
    EXPECT_EQ(cancelled.what.error().code, errc::cancelled);
    EXPECT_EQ(outside.watched, 0);
    EXPECT_EQ(open_descriptors(), descriptors);
    server->release();
    EXPECT_THAT(answer("plain.test.", names).texts(), testing::SizeIs(2));
}

TEST_F(resolver_test, an_answer_wakes_the_loop_although_it_is_late) {
    told late;
    ask("held.test.", root, late);
    server->await_questions("held.test.", 2);
    server->release();
    finish();
    EXPECT_THAT(late.texts(), UnorderedElementsAre("192.0.2.1:80", "[2001:db8::1]:80"));
    EXPECT_EQ(server->questions("held.test."), 2);
    EXPECT_LE(outside.waits, a_handful);
}

TEST_F(resolver_test, one_name_does_not_wait_for_another) {
    told held;
    ask("held.test.", root, held);
    const auto plain = answer_first("plain.test.");
    EXPECT_THAT(plain.texts(), testing::SizeIs(2));
    EXPECT_EQ(tasks.running(), 1U);
    server->release();
    finish();
    EXPECT_THAT(held.texts(), testing::SizeIs(2));
}

TEST_F(resolver_test, who_asks_for_one_name_at_a_time_shares_the_look_up) {
    std::array<told, 50> all;
    for (told& each : all) {
        ask("held.test.", root, each);
    }
    server->await_questions("held.test.", 2);
    server->release();
    finish();
    EXPECT_EQ(server->questions("held.test."), 2);
    for (const told& each : all) {
        EXPECT_THAT(each.texts(), UnorderedElementsAre("192.0.2.1:80", "[2001:db8::1]:80"));
    }
}

TEST_F(resolver_test, the_look_up_goes_on_while_somebody_waits_for_it) {
    scope leaving{root};
    told left;
    told stayed;
    ask("held.test.", leaving, left);
    ask("held.test.", root, stayed);
    server->await_questions("held.test.", 2);
    leaving.cancel();
    on.turn();
    EXPECT_EQ(tasks.running(), 1U);
    EXPECT_EQ(left.what.error().code, errc::cancelled);
    server->release();
    finish();
    EXPECT_THAT(stayed.texts(), testing::SizeIs(2));
    EXPECT_EQ(server->questions("held.test."), 2);
}

TEST_F(resolver_test, nothing_is_kept_between_look_ups) {
    EXPECT_THAT(answer("plain.test.", names).texts(), testing::SizeIs(2));
    EXPECT_THAT(answer("plain.test.", names).texts(), testing::SizeIs(2));
    EXPECT_EQ(server->questions("plain.test."), 4);
}

TEST_F(resolver_test, no_more_names_than_the_bound_are_looked_up_at_a_time) {
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    const rlimit enough{std::max<rlim_t>(before.rlim_cur, 1024), before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &enough), 0);
    scope asking{root};
    std::vector<told> all(resolver::lookups_max);
    for (std::size_t i = 0; i < all.size(); ++i) {
        ask("silent." + std::to_string(i) + ".test.", asking, all[i]);
    }
    EXPECT_EQ(tasks.running(), resolver::lookups_max);
    told one_more;
    told shared;
    ask("silent.more.test.", asking, one_more);
    ask("silent.0.test.", asking, shared);
    EXPECT_EQ(one_more.what.error(), (failure{errc::local_resource, EAGAIN}));
    asking.cancel();
    finish();
    EXPECT_EQ(shared.what.error().code, errc::cancelled);
    EXPECT_THAT(answer("plain.test.", names).texts(), testing::SizeIs(2));
    setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(resolver_test, without_a_descriptor_left_it_is_this_machine_that_is_short) {
    told refused;
    ask("plain.test.", root, refused);  // with descriptors: UBSan needs two, once, to know types
    finish();
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{static_cast<rlim_t>(dup(0)), before.rlim_max};
    ::close(static_cast<int>(none.rlim_cur));
    setrlimit(RLIMIT_NOFILE, &none);
    ask("plain.test.", root, refused);
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(tasks.running(), 0U);
    EXPECT_EQ(refused.what.error(), (failure{errc::local_resource, EMFILE}));
}

TEST_F(resolver_test, what_cannot_be_a_name_asks_nobody) {
    for (const std::string& name : {
             std::string{},
             std::string{"plain..test."},
             std::string{"localhost\0.test", 15},
             std::string(255, 'a'),
             std::string(64, 'a') + ".test.",
         }) {
        const auto found = answer(name, names);
        ASSERT_FALSE(found.what.has_value()) << name;
        EXPECT_EQ(found.what.error().code, errc::resolve_failed) << name;
    }
}

/// Resolves `name` a few times on a loop of its own; how many times it got both addresses.
int resolve_beside_others(const endpoint& server, const std::string& name) {
    epoll outside;
    loop on{outside};
    scope root{on, {deadline::after(on.now(), 20s), true, "test", 20s}};
    resolver names{on, {{server}}};
    int good = 0;
    for (int i = 0; i < 10; ++i) {
        told found;
        task_group tasks;
        tasks.spawn(resolve_into(names, name, root, found));
        while (tasks.running() > 0) {
            on.turn();
        }
        good += found.texts().size() == 2 ? 1 : 0;
    }
    return good;
}

TEST_F(resolver_test, loops_of_several_threads_look_up_side_by_side) {
    std::array<int, 3> good{};
    {
        std::vector<std::jthread> threads;
        for (int& each : good) {
            threads.emplace_back([&] { each = resolve_beside_others(server->at(), "plain.test."); }
            );
        }
    }
    EXPECT_THAT(good, testing::Each(10));
}

}  // namespace
}  // namespace curfew::runtime
