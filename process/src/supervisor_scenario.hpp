#pragma once

#include <curfew/process/supervisor.hpp>

#include <gtest/gtest.h>

#include <optional>

/// A supervisor that a test tells events at exact times.
namespace curfew::process::scenario {

using namespace std::chrono_literals;
using order = supervisor_action::order;
using notice = supervisor_action::notice;
using kind = supervisor_event::kind;

inline constexpr supervisor_event start{kind::start};
inline constexpr supervisor_event spawned{kind::spawned};
inline constexpr supervisor_event exited{kind::exited};
inline constexpr supervisor_event stopped{kind::stopped};
inline constexpr supervisor_event tick{kind::tick};
inline constexpr supervisor_event stop{kind::stop};
inline constexpr supervisor_event good{kind::probed, true};
inline constexpr supervisor_event bad{kind::probed, false};

constexpr time_point at(duration since_start) {
    return time_point{since_start};
}

struct supervisor_test : testing::Test {
    supervisor_options options{.jitter = 0};
    std::optional<supervisor> machine;
    supervisor_action last;
    duration again{};  ///< when crash() has started it again

    void SetUp() override { machine.emplace(options, 1); }

    supervisor_action tell(const supervisor_event& event, duration when) {
        last = machine->step(event, at(when));
        return last;
    }

    void be_ready(duration when) {
        tell(start, when);
        tell(spawned, when);
        tell(tick, when + 50ms);
        ASSERT_EQ(tell(good, when + 50ms).tell, notice::ready);
        ASSERT_EQ(tell(tick, when + 50ms).what, order::probe);
        tell(good, when + 50ms);
    }

    // One crash and its restart; returns the pause in between.
    duration crash(duration when, std::optional<duration> answered = {}) {
        auto ending = exited;
        ending.answered_at = answered ? at(*answered) : time_point::min();
        tell(ending, when);
        const auto paused = tell(stopped, when);
        const auto pause = paused.wake - at(when);
        if (paused.what == order::wait) {
            again = when + pause;
            tell(tick, again);
            tell(spawned, again);
        }
        return pause;
    }
};

}  // namespace curfew::process::scenario
