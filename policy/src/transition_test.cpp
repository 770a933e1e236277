#include "key.hpp"
#include "loaded.hpp"
#include <curfew/policy/transition.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace curfew::policy {
namespace {

constexpr std::string_view one_upstream = "[upstream.main]\nurls = [\"http://127.0.0.1:1\"]\n";

loading good(const std::string& text) {
    auto made = load_text(std::string{one_upstream} + text);
    EXPECT_TRUE(made.snapshot) << text << (made.problems.empty() ? "" : made.problems[0].sentence);
    return made;
}

/// "key: before -> after (layer origin)", and "!" before what waits for a restart.
std::vector<std::string> lines(const transition& of) {
    std::vector<std::string> all;
    for (const change& each : of.changes) {
        all.push_back(
            (each.after_restart ? "!" : "") + each.key + ": " + each.before.value_or("-") + " -> " +
            each.after.value_or("-") + " (" + std::string{to_string(each.said_by)} + ' ' +
            each.origin + ')'
        );
    }
    return all;
}

std::vector<std::string> told(const std::string& before, const std::string& after) {
    return lines(plan_transition(*good(before).snapshot, good(after)));
}

using list = std::vector<std::string>;

TEST(transition, the_same_policy_changes_nothing) {
    EXPECT_EQ(told("", ""), list{});
    EXPECT_EQ(told("[request]\ntimeout = \"5s\"\n", "[request]\ntimeout = \"5000ms\"\n"), list{});
}

TEST(transition, a_change_says_what_was_what_is_and_who_says_so) {
    EXPECT_EQ(
        told("", "[request]\ntimeout = \"20s\"\n"),
        list{"request.timeout: \"30s\" -> \"20s\" (file curfew.toml:4:11)"}
    );
    EXPECT_EQ(
        told("[request]\ntimeout = \"20s\"\n", ""),
        list{"request.timeout: \"20s\" -> \"30s\" (built-in built-in)"}
    );
}

TEST(transition, what_is_read_at_the_start_is_named_and_keeps_its_value) {
    const auto before = good("[server]\nworkers = 2\n");
    const auto after = good(
        "[server]\nworkers = 4\nlisten = \"127.0.0.1:70\"\n[ledger]\n"
        "keep_rows = \"2h\"\n[request]\nslow = \"2s\"\n"
    );
    const auto plan = plan_transition(*before.snapshot, after);
    EXPECT_EQ(
        lines(plan),
        (list{
            "!server.listen: \"127.0.0.1:8080\" -> \"127.0.0.1:70\" (file curfew.toml:5:10)",
            "!server.workers: 2 -> 4 (file curfew.toml:4:11)",
            "request.slow: \"1s\" -> \"2s\" (file curfew.toml:9:8)",
            "!ledger.keep_rows: \"336h\" -> \"2h\" (file curfew.toml:7:13)",
        })
    );
    EXPECT_EQ(plan.next->server.workers, 2U);
    EXPECT_EQ(plan.next->server.listen.port, 8080);
    EXPECT_EQ(plan.next->ledger.keep_rows, std::chrono::days{14});
    EXPECT_EQ(plan.next->request.slow, std::chrono::seconds{2});
}

TEST(transition, what_a_route_inherits_is_told_of_once) {
    const std::string routes =
        "[[route]]\nname = \"a\"\npath = \"/a\"\n"
        "[[route]]\nname = \"b\"\npath = \"/b\"\ntimeout = \"3s\"\n";
    EXPECT_EQ(
        told(routes, routes + "[request]\ntimeout = \"20s\"\n"),
        list{"request.timeout: \"30s\" -> \"20s\" (file curfew.toml:11:11)"}
    );
    EXPECT_EQ(
        told(
            routes,
            "[[route]]\nname = \"a\"\npath = \"/a\"\n[[route]]\nname = \"b\"\n"
            "path = \"/b\"\n"
        ),
        list{"route.b.timeout: \"3s\" -> \"30s\" (derived as request.timeout)"}
    );
}

TEST(transition, a_route_and_an_upstream_that_come_or_go_are_told_by_what_they_say) {
    const std::string route = "[[route]]\nname = \"a\"\npath = \"/a\"\ntimeout = \"3s\"\n";
    EXPECT_EQ(
        told("", route),
        (list{
            "route.a.name: - -> \"a\" (file curfew.toml:4:8)",
            "route.a.path: - -> \"/a\" (file curfew.toml:5:8)",
            "route.a.timeout: - -> \"3s\" (file curfew.toml:6:11)",
        })
    );
    const auto gone = told(route, "");
    ASSERT_EQ(gone.size(), 4U);
    EXPECT_EQ(gone[1], "route.a.path: \"/a\" -> - (built-in built-in)");
    EXPECT_EQ(
        told(
            "",
            "[upstream.other]\nurls = [\"http://127.0.0.1:2\"]\n" + route +
                "upstream = \"other\"\n[[route]]\nname = \"b\"\npath = \"/b\"\n"
                "upstream = \"main\"\n"
        )
            .front(),
        "upstream.other.urls: - -> [\"http://127.0.0.1:2\"] (file curfew.toml:4:8)"
    );
}

TEST(transition, a_secret_shows_that_it_changed_and_no_more) {
    EXPECT_EQ(
        told("[server]\nadmin_token = \"old\"\n", "[server]\nadmin_token = \"new\"\n"),
        list{"server.admin_token: (hidden) -> (hidden) (file curfew.toml:4:15)"}
    );
}

TEST(transition, a_listener_beyond_loopback_never_loses_its_token) {
    const auto before = good("[server]\nadmin = \"0.0.0.0:9090\"\nadmin_token = \"old\"\n");
    const auto plan = plan_transition(*before.snapshot, good(""));
    EXPECT_EQ(plan.next->server.admin_token, "old");
    EXPECT_EQ(lines(plan).back(), "!server.admin_token: (hidden) -> \"\" (built-in built-in)");
    const auto other = plan_transition(
        *before.snapshot, good("[server]\nadmin = \"0.0.0.0:9090\"\nadmin_token = \"new\"\n")
    );
    EXPECT_EQ(other.next->server.admin_token, "new");
    EXPECT_FALSE(other.changes.front().after_restart);
}

TEST(transition, the_supervised_backend_stays_where_it_answers) {
    const std::string backend = "[backend]\ncommand = [\"true\"]\n";
    const auto before = good(backend);
    const std::string other = "[upstream.b]\nurls = [\"http://127.0.0.1:2\"]\n";
    const auto moved = load_text(
        other + "[upstream.main]\nurls = [\"http://127.0.0.1:9\"]\nidle_max = 7\n" + backend +
        "[[route]]\npath = \"/\"\nupstream = \"b\"\n[[route]]\npath = \"/m\"\nupstream = \"main\"\n"
    );
    ASSERT_TRUE(moved.snapshot) << moved.problems[0].sentence;
    const auto plan = plan_transition(*before.snapshot, moved);
    EXPECT_EQ(plan.next->upstreams[0].name, "main");
    EXPECT_EQ(plan.next->upstreams[0].urls[0].port, 1);
    EXPECT_EQ(plan.next->upstreams[0].idle_max, 7U);
    EXPECT_EQ(plan.next->upstreams[1].name, "b");
    const auto all = lines(plan);
    EXPECT_EQ(std::ranges::count_if(all, [](auto& each) { return each.starts_with('!'); }), 1);

    const auto gone = load_text(other);
    ASSERT_TRUE(gone.snapshot);
    const auto kept = plan_transition(*before.snapshot, gone);
    EXPECT_EQ(kept.next->upstreams.size(), 2U);
    EXPECT_EQ(kept.next->upstreams[0].name, "main");
    EXPECT_EQ(kept.next->backend.command, before.snapshot->backend.command);
}

/// Some policy, by dice.
std::string any_policy(std::mt19937& dice) {
    const auto below = [&](unsigned n) { return static_cast<unsigned>(dice() % n); };
    std::string text = "[request]\ntimeout = \"" + std::to_string(2 + below(3)) + "s\"\n";
    text += "[gateway]\nqueue = " + std::to_string(below(3)) + "\n";
    text += "[breaker]\nreset = \"" + std::to_string(10 + below(2)) + "s\"\n";
    text += "[server]\nworkers = " + std::to_string(1 + below(2)) + "\n";
    text += "drain = \"" + std::to_string(1 + below(2)) + "s\"\n";
    text += "[ledger]\nsuccess_rows = " + std::to_string(below(2)) + "\n";
    const unsigned routes = below(4);
    for (unsigned i = 0; i < routes; ++i) {
        const auto name = std::to_string(below(1000)) + '-' + std::to_string(i);
        text += "[[route]]\nname = \"r" + name + "\"\npath = \"/r" + std::to_string(i) + "\"\n";
        if (below(2) == 0) text += "timeout = \"" + std::to_string(2 + below(2)) + "s\"\n";
        if (below(2) == 0) text += "queue = " + std::to_string(below(3)) + "\n";
    }
    return text;
}

TEST(transition, is_summed_up_in_bounded_room_and_what_does_not_fit_is_counted) {
    const auto plan = plan_transition(
        *good("[request]\ntimeout = \"20s\"\n").snapshot,
        good("[request]\ntimeout = \"15s\"\n[gateway]\nqueue = 7\nin_flight = 8\n")
    );
    EXPECT_EQ(summary_of({}, 100), "nothing");
    EXPECT_EQ(
        summary_of(plan.changes, 200),
        "request.timeout from 20s to 15s, gateway.in_flight from 1000 to 8, "
        "gateway.queue from 100 to 7"
    );
    EXPECT_EQ(summary_of(plan.changes, 52), "request.timeout from 20s to 15s and 2 more");
    EXPECT_EQ(summary_of(plan.changes, 20), "3 keys");
    change one{.key = "route.a.queue", .before = std::nullopt, .after = "10", .origin = {}};
    EXPECT_EQ(summary_of({one}, 99), "route.a.queue new, 10");
    std::swap(one.before, one.after);
    EXPECT_EQ(summary_of({one}, 99), "route.a.queue gone");
}

TEST(transition, between_any_two_policies_all_that_differs_is_in_force_or_named) {
    std::mt19937 dice{7};
    auto running = good(any_policy(dice)).snapshot;
    for (int i = 0; i < 300; ++i) {
        const auto text = any_policy(dice);
        SCOPED_TRACE(text);
        const auto asked = good(text);
        const auto plan = plan_transition(*running, asked);
        for (const key& which : keys()) {
            if (which.is_named()) continue;
            const key_path path{&which, {}};
            const auto old = print(*place_in(*running, path));
            const auto wanted = print(*place_in(*asked.snapshot, path));
            const auto now = print(*place_in(*plan.next, path));
            EXPECT_EQ(now, which.needs_restart() ? old : wanted) << which.path;
            EXPECT_EQ(std::ranges::count(plan.changes, which.path, &change::key), old != wanted);
        }
        // Done once, it is done: what is left is what waits for a restart.
        for (const change& each : plan_transition(*plan.next, asked).changes) {
            EXPECT_TRUE(each.after_restart) << each.key;
        }
        EXPECT_EQ(plan.next->routes.size(), asked.snapshot->routes.size());
        running = plan.next;
    }
}

}  // namespace
}  // namespace curfew::policy
