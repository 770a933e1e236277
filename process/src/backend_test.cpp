#include <curfew/process/backend.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/task_group.hpp>
#include <curfew/sim/processes.hpp>
#include <curfew/sim/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <functional>

namespace curfew::process {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using state = backend_state;

class world_clock final : public clock {
  public:
    explicit world_clock(sim::world& outside) : outside_{outside} {}

    [[nodiscard]] time_point now() const noexcept override { return outside_.now(); }

  private:
    sim::world& outside_;
};

// Answers as the scenario says, after `delay`.
struct scripted_probe final : backend_probe {
    std::function<bool(time_point)> good = [](time_point) { return true; };
    duration delay = 1ms;

    runtime::task<bool> answers(purpose, runtime::scope& under) override {
        auto sleeping = runtime::sleep_until(under, under.on().now() + delay);
        const auto woken = co_await sleeping;
        co_return woken == runtime::wake::ready&& good(under.on().now());
    }

    [[nodiscard]] std::optional<runtime::endpoint> asks_at() const override { return where; }

    [[nodiscard]] std::string_view complaint() const override { return wrong; }

    [[nodiscard]] time_point answered_at() const override { return answered(); }

    std::string wrong;
    std::function<time_point()> answered = [] { return time_point::min(); };

    std::optional<runtime::endpoint> where;
};

struct change {
    duration at;
    backend_state to;

    friend bool operator==(const change&, const change&) = default;
};

struct recorder final : backend_watcher {
    explicit recorder(const clock& of) : time{of}, began{of.now()} {}

    void told(backend_state now, std::string_view sentence) override {
        sentences.emplace_back(sentence);
        if (changes.empty() || changes.back().to != now) {
            changes.push_back({time.now() - began, now});
        }
    }

    void happened(supervisor_action::notice what, std::string_view) override {
        if (what == supervisor_action::notice::exited) {
            exited();
        }
    }

    void printed(std::string_view) override {}

    const clock& time;
    time_point began;
    std::vector<change> changes;
    std::vector<std::string> sentences;
    std::function<void()> exited = [] {};
};

struct backend_scenario : testing::Test {
    sim::world outside;
    runtime::loop on{outside};
    world_clock time{outside};
    sim::processes machine{time};
    scripted_probe probe;
    recorder heard{time};
    runtime::scope root{on};
    runtime::task_group tasks;
    backend_options options{.dump_stacks = false};
    std::optional<backend> subject;
    std::optional<result<>> ended;

    void begin() {
        options.what.arguments = {"server"};
        options.limits.jitter = 0;
        subject.emplace(on, machine, probe, heard, options);
        tasks.spawn(run());
    }

    runtime::task<> run() {
        auto running = subject->run(root);
        ended = co_await running;
    }

    static runtime::task<> call_at(
        runtime::scope& under, time_point when, std::function<void()> what
    ) {
        auto sleeping = runtime::sleep_until(under, when);
        co_await sleeping;
        what();
    }

    void at(duration when, std::function<void()> what) {
        tasks.spawn(call_at(root, on.now() + when, std::move(what)));
    }

    bool finish() {
        return outside.run(on, [this] { return tasks.running() == 0; });
    }
};

TEST_F(backend_scenario, becomes_ready_and_stops_when_told) {
    at(10s, [&] { subject->stop(); });
    begin();
    ASSERT_TRUE(finish());
    EXPECT_TRUE(ended->has_value());
    EXPECT_THAT(
        heard.changes,
        ElementsAre(
            change{0s, state::starting},
            change{51ms, state::ready},
            change{10s, state::stopping},
            change{10s, state::stopped}
        )
    );
    EXPECT_EQ(machine.alive(), 0U);
}

TEST_F(backend_scenario, a_hung_start_is_ended_and_tried_again) {
    probe.good = [&](time_point now) { return now - heard.began > 31s; };
    at(40s, [&] { subject->stop(); });
    begin();
    ASSERT_TRUE(finish());
    EXPECT_EQ(machine.spawns().size(), 2U);
    EXPECT_THAT(heard.sentences, testing::Contains(HasSubstr("not ready within 30.00 s")));
    EXPECT_EQ(heard.changes[1], (change{30s, state::stopping}));
    EXPECT_TRUE(ended->has_value());
}

TEST_F(backend_scenario, a_probe_that_never_answers_is_cut_off_and_counts) {
    begin();
    at(1s, [&] { probe.delay = 1h; });
    at(40s, [&] { subject->stop(); });
    ASSERT_TRUE(finish());
    // Ready at 51 ms; probes at 5.051 s and then every 5 s fail: the third ends at 17.051 s.
    EXPECT_EQ(heard.changes[2], (change{17'051ms, state::stopping}));
    EXPECT_THAT(heard.sentences, testing::Contains(HasSubstr("hangs: 3 probes in a row failed")));
}

TEST_F(backend_scenario, a_crash_loop_ends_in_the_error_that_says_so) {
    machine.script_next(sim::behaviour{.lives = 100ms, .exit_code = 1});
    begin();
    ASSERT_TRUE(finish());
    EXPECT_EQ(ended->error(), failure{errc::crash_loop});
    EXPECT_EQ(machine.spawns().size(), 5U);
    EXPECT_EQ(subject->state(), state::crash_looped);
    EXPECT_THAT(
        heard.sentences.back(), HasSubstr("5 crashes within 60.00 s and no request answered")
    );
    EXPECT_THAT(heard.sentences.back(), HasSubstr("last exit status 1"));
}

TEST_F(backend_scenario, one_that_crashes_every_second_and_answers_in_between_is_kept_up) {
    machine.script_next(sim::behaviour{.lives = 1s, .exit_code = 1});
    probe.answered = [&] { return on.now(); };
    at(10min, [&] { subject->stop(); });
    begin();
    ASSERT_TRUE(finish());
    EXPECT_TRUE(ended->has_value());
    EXPECT_GT(machine.spawns().size(), 400U);
}

TEST_F(backend_scenario, a_backend_that_never_gets_ready_is_given_up_as_hung) {
    probe.good = [](time_point) { return false; };
    begin();
    ASSERT_TRUE(finish());
    EXPECT_EQ(ended->error(), failure{errc::command_hung});
    EXPECT_EQ(machine.spawns().size(), 5U);
    EXPECT_EQ(
        heard.sentences.back(),
        "given up: 5 starts were not ready within 30.00 s, not started again"
    );
    EXPECT_EQ(subject->last_end(), "not ready in time");
}

TEST_F(backend_scenario, a_stranger_at_the_backends_address_does_not_make_it_ready) {
    const listener_owner stranger{ownership::stranger, "python3, process 4711"};
    machine.script_next(sim::behaviour{.lives = 300ms, .exit_code = 1, .listener = stranger});
    probe.where = *runtime::endpoint::parse("127.0.0.1:8000");
    begin();
    ASSERT_TRUE(finish());
    EXPECT_EQ(ended->error(), failure{errc::address_in_use});
    EXPECT_EQ(machine.spawns().size(), 1U);
    for (const auto& each : heard.changes) {
        EXPECT_NE(each.to, state::ready);
    }
    EXPECT_EQ(
        heard.sentences.back(),
        "given up: 127.0.0.1:8000 belongs to another process (python3, process 4711); the "
        "backend's last end: exit status 1"
    );
}

TEST_F(backend_scenario, who_ends_before_it_is_asked_for_the_first_time_met_the_stranger_too) {
    const listener_owner stranger{ownership::stranger, "python3, process 4711"};
    machine.script_next(sim::behaviour{.lives = 20ms, .exit_code = 1, .listener = stranger});
    probe.where = *runtime::endpoint::parse("127.0.0.1:8000");
    begin();
    ASSERT_TRUE(finish());
    EXPECT_EQ(ended->error(), failure{errc::address_in_use});
    EXPECT_EQ(machine.spawns().size(), 1U);
}

TEST_F(backend_scenario, where_the_listener_cannot_be_seen_ready_is_who_has_run_for_a_second) {
    machine.script_next(sim::behaviour{.listener = {}});
    probe.where = *runtime::endpoint::parse("127.0.0.1:8000");
    at(10s, [&] { subject->stop(); });
    begin();
    ASSERT_TRUE(finish());
    ASSERT_EQ(heard.changes[1].to, state::ready);
    EXPECT_GE(heard.changes[1].at, 1s);
    EXPECT_LT(heard.changes[1].at, 1100ms);
}

TEST_F(backend_scenario, its_last_end_is_how_it_ended_and_not_what_follows) {
    machine.script_next(sim::behaviour{.lives = 1s, .exit_code = 3});
    machine.script_next(sim::behaviour{});
    begin();
    at(900ms, [&] { EXPECT_EQ(subject->last_end(), ""); });
    at(2s, [&] { EXPECT_EQ(subject->last_end(), "exit status 3"); });
    at(3s, [&] { probe.delay = 1h; });
    at(40s, [&] {
        EXPECT_EQ(subject->last_end(), "hung");
        subject->stop();
    });
    ASSERT_TRUE(finish());
}

TEST_F(backend_scenario, an_end_of_its_own_is_told_from_one_that_others_brought_about) {
    machine.script_next(sim::behaviour{.lives = 1s, .exit_code = 3});
    machine.script_next(sim::behaviour{.lives = 1s, .exit_code = 128 + SIGKILL});
    machine.script_next(sim::behaviour{});
    std::vector<bool> by_itself;
    heard.exited = [&] { by_itself.push_back(subject->has_ended_by_itself()); };
    begin();
    at(10s, [&] {
        EXPECT_FALSE(subject->has_ended_by_itself());
        subject->stop();
    });
    ASSERT_TRUE(finish());
    EXPECT_THAT(by_itself, ElementsAre(true, false));
}

TEST_F(backend_scenario, one_that_answers_with_errors_is_unhealthy_and_does_not_hang) {
    begin();
    at(3s, [&] {
        probe.wrong = "answered 500";
        probe.good = [](time_point) { return false; };
    });
    at(20s, [&] {
        EXPECT_EQ(subject->last_end(), "unhealthy");
        subject->stop();
    });
    ASSERT_TRUE(finish());
    EXPECT_THAT(
        heard.sentences,
        Contains("the backend is unhealthy: answered 500; 3 probes in a row failed")
    );
}

TEST_F(backend_scenario, one_that_is_never_ready_is_told_with_what_it_answered) {
    options.limits.ready_timeout = 1s;
    probe.wrong = "answered 503";
    probe.good = [](time_point) { return false; };
    begin();
    at(2s, [&] { subject->stop(); });
    ASSERT_TRUE(finish());
    EXPECT_THAT(heard.sentences, Contains("the backend was not ready within 1.00 s: answered 503"));
}

TEST_F(backend_scenario, a_command_that_is_not_there_is_told_at_once) {
    machine.script_next(failure{errc::command_not_found, ENOENT});
    begin();
    ASSERT_TRUE(finish());
    EXPECT_EQ(ended->error(), (failure{errc::command_not_found, ENOENT}));
    EXPECT_EQ(machine.spawns().size(), 1U);
    EXPECT_THAT(heard.sentences.back(), HasSubstr("The command was not found."));
}

TEST_F(backend_scenario, workers_left_by_a_crashed_leader_are_gone_before_the_restart) {
    machine.script_next(
        sim::behaviour{.lives = 1s, .children = {{.name = "worker", .obeys_after = {}}}}
    );
    machine.script_next(sim::behaviour{});
    std::size_t alive_at_restart = 99;
    at(6500ms, [&] { alive_at_restart = machine.alive(); });
    at(20s, [&] { subject->stop(); });
    begin();
    ASSERT_TRUE(finish());
    ASSERT_EQ(machine.spawns().size(), 2U);
    EXPECT_GE(machine.spawns()[1] - heard.began, 6s) << "after the grace of the deaf worker";
    EXPECT_EQ(alive_at_restart, 1U) << "the new leader alone";
}

TEST_F(backend_scenario, two_stops_at_once_kill_at_once) {
    machine.script_next(sim::behaviour{.obeys_after = {}});
    at(1s, [&] {
        subject->stop();
        subject->stop();
    });
    begin();
    ASSERT_TRUE(finish());
    EXPECT_EQ(on.now() - heard.began, 1s);
}

TEST_F(backend_scenario, a_second_stop_forces_and_does_not_wait_for_the_grace) {
    machine.script_next(sim::behaviour{.obeys_after = {}});
    at(1s, [&] { subject->stop(); });
    at(2s, [&] { subject->stop(); });
    begin();
    ASSERT_TRUE(finish());
    EXPECT_TRUE(ended->has_value());
    EXPECT_EQ(on.now() - heard.began, 2s);
}

TEST_F(backend_scenario, a_stop_during_backoff_is_immediate) {
    machine.script_next(sim::behaviour{.lives = 1s});
    at(1100ms, [&] { subject->stop(); });
    begin();
    ASSERT_TRUE(finish());
    EXPECT_EQ(machine.spawns().size(), 1U);
    EXPECT_TRUE(ended->has_value());
    EXPECT_EQ(on.now() - heard.began, 1100ms);
}

TEST_F(backend_scenario, when_its_scope_ends_the_tree_is_killed_without_grace) {
    machine.script_next(sim::behaviour{.obeys_after = {}});
    at(3s, [&] { root.cancel(); });
    begin();
    ASSERT_TRUE(finish());
    EXPECT_EQ(ended->error().code, errc::cancelled);
    EXPECT_EQ(on.now() - heard.began, 3s);
    EXPECT_EQ(machine.alive(), 0U);
}

TEST_F(backend_scenario, signals_are_forwarded_to_the_leader_alone) {
    machine.script_next(sim::behaviour{.children = {{.name = "worker"}}});
    at(1s, [&] { subject->forward(SIGUSR1); });
    at(2s, [&] { subject->stop(); });
    begin();
    ASSERT_TRUE(finish());
    EXPECT_EQ(
        machine.signals().front(), (sim::processes::received{heard.began + 1s, 1000, SIGUSR1})
    );
    EXPECT_EQ(machine.signals()[1].signal, SIGTERM);
}

TEST_F(backend_scenario, an_hour_of_crashes_every_two_minutes_is_survived) {
    machine.script_next(sim::behaviour{.lives = 120s});
    at(1h, [&] { subject->stop(); });
    begin();
    ASSERT_TRUE(finish());
    EXPECT_TRUE(ended->has_value());
    EXPECT_GE(machine.spawns().size(), 29U);
}

}  // namespace
}  // namespace curfew::process
