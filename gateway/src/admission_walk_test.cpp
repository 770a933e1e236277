#include "admission_samples.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

namespace curfew::gateway {
namespace {

/// What must hold after every step, whatever happened.
void check_invariants(
    const small_gateway& gate, const std::vector<permit>& held, std::size_t waiting
) {
    const auto view = gate.picture();
    ASSERT_EQ(view.in_flight, held.size());
    ASSERT_EQ(view.queued, waiting);
    std::uint32_t in_flight = 0;
    std::uint32_t queued = 0;
    for (const auto& route : view.routes) {
        in_flight += route.in_flight;
        queued += route.queued;
        ASSERT_LE(route.queued, 7U);
        ASSERT_LE(route.abandoned, route.in_flight);
    }
    ASSERT_EQ(in_flight, held.size());
    ASSERT_EQ(queued, waiting);
    const auto& upstream = view.upstreams[0];
    ASSERT_EQ(upstream.in_flight + upstream.detached, in_flight);
    ASSERT_LE(upstream.abandoned, upstream.in_flight);
    ASSERT_LE(view.in_flight, 40U);
}

/// Random steps against an admission; every waiter is decided exactly once.
class walker {
  public:
    explicit walker(std::uint64_t seed) : random_{seed} {}

    void step() {
        gate_.now += duration{pick(20'000'000)};
        switch (pick(12)) {
            case 0:
            case 1:
            case 2:
            case 3:
                enter();
                break;
            case 4:
            case 5:
            case 6:
                leave();
                break;
            case 7:
                expire_due();
                break;
            case 8:
                cancel();
                break;
            case 9:
                trouble();
                break;
            case 10:
                gate_.guards.tick(gate_.now);
                break;
            case 11:
                change_upstream();
                break;
        }
        read_mail();
        check_invariants(gate_, held_, waiting_.size());
    }

    /// Ends everything: nothing may be left behind.
    void end() {
        gate_.guards.set_upstream(0, upstream_state::up, 0ns, gate_.now);
        read_mail();
        gate_.now += 1h;
        expire_due();
        read_mail();
        while (!held_.empty())
            leave();
        ASSERT_EQ(gate_.guards.waiting(), 0U);
        ASSERT_EQ(gate_.guards.in_flight(), 0U);
    }

    int grants = 0;
    int expiries = 0;

  private:
    std::size_t pick(std::size_t below) { return random_() % below; }

    void enter() {
        auto wait = std::make_unique<waiter>(&mailbox::note);
        const auto route = static_cast<route_index>(pick(4));
        const bound until{deadline::after(gate_.now, duration{pick(200'000'000)})};
        auto came = gate_.guards.enter(route, *wait, until, gate_.now);
        if (auto* one = std::get_if<permit>(&came)) held_.push_back(std::move(*one));
        if (std::holds_alternative<queued>(came)) waiting_.push_back(std::move(wait));
    }

    void leave() {
        if (held_.empty()) return;
        const auto at = held_.begin() + static_cast<std::ptrdiff_t>(pick(held_.size()));
        constexpr std::array ends{
            outcome::success, outcome::success, outcome::failure, outcome::cancelled
        };
        auto one = std::move(*at);
        held_.erase(at);
        if (pick(8) == 0) return;  // destroyed instead
        one.leave(ends[pick(ends.size())], cause_kind::completed, gate_.now);
    }

    void settle(waiter* wait) {
        auto came = gate_.guards.collect(*wait, gate_.now);
        if (std::holds_alternative<queued>(came)) return;
        std::erase_if(waiting_, [&](const auto& each) { return each.get() == wait; });
        if (auto* one = std::get_if<permit>(&came)) {
            held_.push_back(std::move(*one));
            ++grants;
        } else {
            ++expiries;
        }
    }

    void expire_due() {
        std::vector<waiter*> all;
        for (const auto& wait : waiting_)
            all.push_back(wait.get());
        for (auto* wait : all) {
            if (std::ranges::count(mailbox::decided, wait) == 0) settle(wait);
        }
    }

    void cancel() {
        if (waiting_.empty()) return;
        const auto at = waiting_.begin() + static_cast<std::ptrdiff_t>(pick(waiting_.size()));
        if (pick(2) == 0) gate_.guards.cancel(**at, gate_.now);
        waiting_.erase(at);
    }

    void trouble() {
        if (held_.empty()) return;
        auto& one = held_[pick(held_.size())];
        switch (pick(4)) {
            case 0:
                (void)one.mark_hanging(gate_.now);
                break;
            case 1:
                one.abandon(outcome::timeout, cause_kind::own_timeout, gate_.now);
                break;
            case 2:
                if (!one.abandoned()) one.detach(gate_.now);
                break;
            case 3:
                one.blame_endpoint(gate_.now);
                break;
        }
    }

    void change_upstream() {
        if (pick(10) != 0) return;
        constexpr std::array states{
            upstream_state::up,
            upstream_state::up,
            upstream_state::starting,
            upstream_state::stopped
        };
        gate_.guards.set_upstream(0, states[pick(states.size())], 1s, gate_.now);
    }

    void read_mail() {
        for (auto* wait : std::exchange(mailbox::decided, {}))
            settle(wait);
        if (!mailbox::decided.empty()) read_mail();
    }

    std::mt19937_64 random_;
    small_gateway gate_{
        4, {}, {.in_flight = 9, .queue = 7, .breaker = {.reset = 200ms}}, {.in_flight = 40}
    };
    std::vector<std::unique_ptr<waiter>> waiting_;  ///< by time: a walk goes by its seed alone
    std::vector<permit> held_;
};

TEST(admission_walk, no_walk_loses_a_place_or_a_waiter) {
    int grants = 0;
    int expiries = 0;
    for (std::uint64_t seed = 1; seed <= 15; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        walker walk{seed};
        for (int i = 0; i < 1000; ++i) {
            walk.step();
            if (HasFatalFailure()) return;
        }
        walk.end();
        if (HasFatalFailure()) return;
        grants += walk.grants;
        expiries += walk.expiries;
    }
    EXPECT_GT(grants, 100);
    EXPECT_GT(expiries, 100);
}

}  // namespace
}  // namespace curfew::gateway
