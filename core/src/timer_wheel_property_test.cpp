#include <curfew/core/timer_wheel.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <utility>

// The wheel against a sorted map, through random arming, cancelling, destroying and advancing, from
// outside and from inside callbacks, on all scales of time at once.

namespace curfew {
namespace {

std::int64_t tick_of(time_point at) {
    return at.time_since_epoch().count() >> 16;
}

class sorted_timers {
  public:
    explicit sorted_timers(time_point start) : present_{start} {}

    void arm(int name, time_point due) {
        cancel(name);
        const auto key = std::pair{std::max(tick_of(due), tick_of(present_)), next_++};
        waiting_.emplace(key, entry{name, due});
    }

    void cancel(int name) {
        std::erase_if(waiting_, [&](const auto& item) { return item.second.name == name; });
        std::erase(due_, name);
    }

    void advance(time_point now) {
        present_ = std::max(present_, now);
        for (auto at = waiting_.begin(); at != waiting_.end();) {
            if (at->second.due <= now) {
                due_.push_back(at->second.name);
                at = waiting_.erase(at);
            } else {
                ++at;
            }
        }
    }

    int take_due() {
        if (due_.empty()) {
            return -1;
        }
        const int name = due_.front();
        due_.pop_front();
        return name;
    }

    [[nodiscard]] bool armed(int name) const {
        return std::ranges::any_of(
                   waiting_, [&](const auto& item) { return item.second.name == name; }
               ) ||
               std::ranges::find(due_, name) != due_.end();
    }

    [[nodiscard]] std::optional<time_point> earliest() const {
        std::optional<time_point> first;
        for (const auto& [key, waiting] : waiting_) {
            first = std::min(first.value_or(waiting.due), waiting.due);
        }
        return first;
    }

  private:
    struct entry {
        int name;
        time_point due;
    };

    time_point present_;
    std::uint64_t next_ = 0;
    std::map<std::pair<std::int64_t, std::uint64_t>, entry> waiting_;
    std::deque<int> due_;
};

class trial {
  public:
    trial(std::uint32_t seed, time_point start)
        : random_{seed}, now_{start}, wheel_{start}, sorted_{start} {
        for (int name = 0; name < population; ++name) {
            timers_[static_cast<std::size_t>(name)].emplace(*this, name);
        }
    }

    void run(int steps) {
        for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
            change_something();
            if (below(3) == 0) {
                advance();
            }
            check();
        }
    }

  private:
    static constexpr int population = 24;

    struct named_timer : timer {
        named_timer(trial& owner, int its_name)
            : timer{[](timer& self) noexcept {
                  auto& named = static_cast<named_timer&>(self);
                  named.in.on_fire(named.name);
              }},
              in{owner},
              name{its_name} {}

        trial& in;
        int name;
    };

    int below(int bound) { return std::uniform_int_distribution{0, bound - 1}(random_); }

    // A length of any scale: up to 2^0, 2^1, ... 2^62 ns.
    duration some_time() {
        const auto span = (std::int64_t{1} << below(63)) - 1;
        return duration{std::uniform_int_distribution<std::int64_t>{0, span}(random_)};
    }

    time_point some_point() {
        switch (below(12)) {
            case 0:
                return time_point::max();
            case 1:
                return add_saturated(now_, -some_time());
            case 2:
                return now_;
            case 3:
                return add_saturated(now_, duration{below(64) << 16});
            default:
                return add_saturated(now_, some_time());
        }
    }

    void change_something() {
        const int name = below(population);
        auto& chosen = timers_[static_cast<std::size_t>(name)];
        const int action = below(10);
        if (action < 7) {
            const time_point due = some_point();
            wheel_.arm(*chosen, due);
            sorted_.arm(name, due);
        } else if (action < 9) {
            wheel_.cancel(*chosen);
            sorted_.cancel(name);
        } else if (name != firing_) {
            chosen.emplace(*this, name);
            sorted_.cancel(name);
        }
    }

    void on_fire(int name) {
        EXPECT_EQ(name, sorted_.take_due());
        firing_ = name;
        for (int changes = below(4); changes > 0; --changes) {
            change_something();
        }
        firing_ = -1;
    }

    void advance() {
        const auto next = wheel_.next_expiry().point();
        const bool follow = next && *next > now_ && below(2) == 0;
        const duration step = some_time() / (below(2) == 0 ? 1 : 1 << 24);
        now_ = follow ? *next : add_saturated(now_, step);
        sorted_.advance(now_);
        (void)wheel_.advance(now_);
        EXPECT_EQ(sorted_.take_due(), -1) << "a timer that was due did not fire";
    }

    void check() {
        for (int name = 0; name < population; ++name) {
            EXPECT_EQ(timers_[static_cast<std::size_t>(name)]->armed(), sorted_.armed(name));
        }
        const auto earliest = sorted_.earliest();
        const auto next = wheel_.next_expiry().point();
        ASSERT_EQ(next.has_value(), earliest.has_value());
        if (earliest) {
            EXPECT_LE(*next, *earliest);
            EXPECT_TRUE(*next > now_ || *earliest <= now_) << "would spin";
        }
    }

    std::mt19937 random_;
    time_point now_;
    timer_wheel wheel_;
    sorted_timers sorted_;
    std::array<std::optional<named_timer>, population> timers_;
    int firing_ = -1;
};

class timer_wheel_property : public testing::TestWithParam<std::uint32_t> {};

// Short trials: steps of all scales use up the timeline soon.
TEST_P(timer_wheel_property, behaves_as_a_sorted_map) {
    constexpr std::uint32_t trials = 40;
    for (std::uint32_t i = 0; i < trials && !HasFailure(); ++i) {
        const std::uint32_t seed = GetParam() * trials + i;
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        trial{seed, time_point{}}.run(100);
        trial{seed, time_point{} + std::chrono::hours{1234} + duration{1}}.run(100);
        trial{seed, time_point::min()}.run(100);
        trial{seed, time_point{} - duration{100'000}}.run(100);
    }
}

INSTANTIATE_TEST_SUITE_P(seeds, timer_wheel_property, testing::Range(0u, 16u));

}  // namespace
}  // namespace curfew
