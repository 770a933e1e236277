#include "pressure_desk.hpp"

#include <curfew/policy/load.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::cli {
namespace {

using namespace std::chrono_literals;
using action = memory_guard::action;
using runtime::task;

// A machine of our own: a cgroup with a limit of 1000 bytes, in simulated time.
struct pressure_desk_test : testing::Test {
    pressure_desk_test() {
        std::string name = (std::filesystem::temp_directory_path() / "curfew-XXXXXX").string();
        root = mkdtemp(name.data());
        put("proc/self/cgroup", "0::/a\n");
        put("sys/fs/cgroup/a/memory.max", "1000\n");
        use_memory(100);
    }

    ~pressure_desk_test() override {
        if (desk) {
            tasks.spawn(desk->close());
            EXPECT_TRUE(finish());
        }
        std::filesystem::remove_all(root);
    }

    void put(const std::string& path, std::string_view text) const {
        std::filesystem::create_directories((root / path).parent_path());
        std::ofstream{root / path} << text;
    }

    void use_memory(int bytes) const {
        put("sys/fs/cgroup/a/memory.current", std::to_string(bytes) + "\n");
    }

    void open(const std::string& text) {
        policy::sources from;
        from.file_name = "curfew.toml";
        from.file_text = text;
        rules = policy::load(from).snapshot;
        ASSERT_TRUE(rules) << text;
        desk = std::make_unique<pressure_desk>(
            on,
            rules,
            times,
            pressure_desk::surroundings{
                [this](runtime::scope& under) { return look_for_lag(under); },
                [this] { return busy; },
                [this](const auto& what) {
                    changes.push_back(
                        what.signal + ' ' + std::to_string(std::lround(what.after * 100)) +
                        (what.effect.empty() ? "" : ": " + what.effect)
                    );
                },
                [this](action what, double) { done.push_back(what); },
                [this](runtime::scope&) { return reshape(); },
                [](runtime::scope&) { return rested(); },
                root,
            }
        );
        desk->begin();
    }

    task<duration> look_for_lag(runtime::scope& under) {
        ++laps;
        runtime::sleep_until until{under, on.now() + lag};
        co_await until;
        co_return lag;
    }

    static task<> rested() { co_return; }

    task<bool> reshape() {
        ++shaped;
        co_return std::exchange(may_shape, true);
    }

    bool finish() {
        return outside.run(on, [this] { return tasks.running() == 0; });
    }

    void run_for(duration time) {
        bool over = false;
        tasks.spawn(wake_after(time, over));
        EXPECT_TRUE(outside.run(on, [&] { return over; }));
    }

    task<> wake_after(duration time, bool& over) {
        runtime::sleep_until until{scope, on.now() + time};
        co_await until;
        over = true;
    }

    [[nodiscard]] double value_of(std::string_view name) const {
        gateway::snapshot now;
        desk->describe(now);
        for (const auto& each : now.pressure) {
            if (each.name == name) return each.value;
        }
        return -1;
    }

    sim::world outside;
    runtime::loop on{outside};
    runtime::scope scope{on};
    runtime::task_group tasks;
    stage_times times{on};
    std::filesystem::path root;
    std::shared_ptr<const policy::policy> rules;
    std::unique_ptr<pressure_desk> desk;
    std::vector<std::string> changes;
    std::vector<action> done;
    duration lag{};
    int laps = 0;
    bool busy = true;
    int shaped = 0;
    bool may_shape = true;
};

TEST_F(pressure_desk_test, a_sensor_stretches_what_its_signal_names_and_lets_go_after_the_hold) {
    open("[request]\ntimeout = \"10s\"\n[signal.memory]\nstretches = [\"request.timeout x2\"]\n");
    run_for(500ms);
    EXPECT_EQ(value_of("memory"), 0);
    use_memory(950);
    run_for(1s);
    EXPECT_EQ(value_of("memory"), 1);
    EXPECT_EQ(changes.back(), "memory 100: request.timeout 10s to 20s");
    EXPECT_EQ(desk->shape(rules)->request.timeout, 20s);
    EXPECT_EQ(shaped, 1);
    use_memory(100);
    run_for(10s);
    EXPECT_EQ(value_of("memory"), 1) << "it was lower for less than its hold";
    run_for(2s);
    EXPECT_EQ(changes.back(), "memory 0: request.timeout 20s to 10s");
    EXPECT_EQ(desk->shape(rules), rules);
    EXPECT_EQ(shaped, 2);
}

TEST_F(pressure_desk_test, what_could_not_be_shaped_is_asked_for_again) {
    open("[signal.memory]\nstretches = [\"request.timeout x2\"]\n");
    may_shape = false;
    use_memory(950);
    run_for(2500ms);
    EXPECT_EQ(shaped, 2);
    run_for(10s);
    EXPECT_EQ(shaped, 2);
}

TEST_F(pressure_desk_test, a_sensor_that_says_nothing_any_more_is_forgotten) {
    use_memory(950);
    open("[pressure]\nmemory_shed = \"off\"\n");
    run_for(500ms);
    EXPECT_EQ(value_of("memory"), 1);
    put("proc/self/cgroup", "");
    run_for(2s);
    EXPECT_EQ(value_of("memory"), 1);
    run_for(2s);
    EXPECT_EQ(value_of("memory"), 0) << "whatever its hold";
}

TEST_F(pressure_desk_test, the_way_round_the_workers_is_a_sensor) {
    lag = 55ms;
    open("");
    run_for(500ms);
    EXPECT_EQ(value_of("loop_lag"), 0.5);
}

TEST_F(pressure_desk_test, memory_that_is_short_is_relieved_first_then_refused_then_served) {
    use_memory(810);
    open("");
    run_for(500ms);
    EXPECT_EQ(done, std::vector{action::relieve});
    run_for(1s);
    EXPECT_EQ(done, (std::vector{action::relieve, action::refuse}));
    use_memory(700);
    run_for(1s);
    EXPECT_EQ(done, (std::vector{action::relieve, action::refuse, action::serve}));
}

TEST_F(pressure_desk_test, who_refuses_for_want_of_memory_looks_until_there_is_some_again) {
    busy = false;
    open("");
    use_memory(810);
    event ended;
    times.heard(ended, {});
    run_for(2500ms);
    ASSERT_EQ(done, (std::vector{action::relieve, action::refuse}));
    run_for(10s);
    use_memory(100);
    run_for(1s);
    EXPECT_EQ(done.back(), action::serve) << "though nobody asks for anything";
}

TEST_F(pressure_desk_test, without_a_limit_on_memory_nobody_is_refused) {
    open("[pressure]\nmemory_shed = \"off\"\n");
    use_memory(999);
    run_for(5s);
    EXPECT_TRUE(done.empty());
}

TEST_F(pressure_desk_test, with_nothing_to_do_it_sleeps_until_an_operation_ends) {
    busy = false;
    open("");
    run_for(10s);
    const int at_rest = laps;
    EXPECT_EQ(at_rest, 0);
    run_for(1h);
    EXPECT_EQ(laps, at_rest);
    use_memory(950);
    event ended;
    times.heard(ended, {});
    run_for(500ms);
    EXPECT_EQ(value_of("memory"), 1);
    EXPECT_EQ(laps, at_rest + 1);
    times.heard(ended, {});
    run_for(1s);
    EXPECT_EQ(laps, at_rest + 2) << "while operations end, once an interval";
}

TEST_F(pressure_desk_test, a_flood_of_operations_is_no_flood_of_looks) {
    busy = false;
    open("");
    event ended;
    for (int i = 0; i < 1'000; ++i) {
        times.heard(ended, {});
        run_for(10ms);
    }
    EXPECT_GE(laps, 9);
    EXPECT_LE(laps, 13);
}

TEST_F(pressure_desk_test, what_stretches_a_limit_is_read_though_nothing_ends) {
    busy = false;
    open("[signal.memory]\nstretches = [\"request.timeout x2\"]\n");
    run_for(30s);
    use_memory(950);
    run_for(1s);
    EXPECT_EQ(value_of("memory"), 1);
}

TEST_F(pressure_desk_test, who_asks_is_told_what_is_now) {
    busy = false;
    open("");
    run_for(1min);
    use_memory(950);
    desk->refresh();
    EXPECT_EQ(value_of("memory"), 1);
    EXPECT_EQ(value_of("loop_lag"), 0) << "nobody went round just now";
}

TEST_F(pressure_desk_test, when_it_closes_what_was_up_is_told_to_be_over) {
    use_memory(950);
    open("");
    run_for(500ms);
    changes.clear();
    tasks.spawn(desk->close());
    EXPECT_TRUE(finish());
    EXPECT_EQ(changes, std::vector<std::string>{"memory 0"});
    EXPECT_EQ(value_of("memory"), 0) << "who still asks is answered";
    desk.reset();
}

}  // namespace
}  // namespace curfew::cli
