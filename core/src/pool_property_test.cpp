#include <curfew/core/pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <random>
#include <vector>

namespace curfew {
namespace {

using namespace std::chrono_literals;

/// One who asks for a connection, holds it for a while, or leaves.
struct caller {
    explicit caller(int which) : id{which}, frame{&caller::settled} { by_frame()[&frame] = this; }

    caller(const caller&) = delete;
    caller& operator=(const caller&) = delete;

    ~caller() { by_frame().erase(&frame); }

    static std::map<const pool::waiter*, caller*>& by_frame() {
        static std::map<const pool::waiter*, caller*> all;
        return all;
    }

    static void settled(pool::waiter& decided) noexcept { ++by_frame().at(&decided)->decided; }

    int id;
    int decided = 0;
    deadline until{};
    std::optional<pool::permit> held;
    pool::waiter frame;  // last: it goes first, and may be handed a grant to give back
};

/// The same pool, counted naively: who waits in which order, which places have a connection.
struct model {
    pool_config config;
    std::list<int> waiting{};
    std::map<std::uint32_t, bool> taken{};  // by slot: idle
    std::map<int, deadline> until{};

    /// Who gets a place that comes back at `now`; those who have expired leave.
    std::optional<int> next(time_point now) {
        while (!waiting.empty() && until.at(waiting.front()).expired(now))
            waiting.pop_front();
        if (waiting.empty()) return std::nullopt;
        const int first = waiting.front();
        waiting.pop_front();
        return first;
    }

    [[nodiscard]] std::uint32_t idle() const {
        return static_cast<std::uint32_t>(std::ranges::count_if(taken, [](const auto& one) {
            return one.second;
        }));
    }
};

class walk {
  public:
    explicit walk(std::uint64_t seed)
        : random_{seed},
          reference_{
              {.size = 1 + draw(4),
               .overflow = draw(3),
               .waiting = 1 + draw(6),
               .recycle = 400ms,
               .jitter_percent = 20,
               .check_after = 30ms}
          },
          subject_{reference_.config, seed} {}

    void run(int steps) {
        for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
            now_ += std::chrono::milliseconds{draw(4) * 5};
            switch (draw(7)) {
                case 0:
                case 1:
                    arrive(step);
                    break;
                case 2:
                case 3:
                    give_back();
                    break;
                case 4:
                    time_out();
                    break;
                case 5:
                    leave();
                    break;
                default:
                    retire();
            }
            compare();
        }
        callers_.clear();
        EXPECT_EQ(subject_.status(now_).waiting, 0U);
        EXPECT_EQ(subject_.status(now_).taken, subject_.status(now_).idle);
        EXPECT_EQ(subject_.status(now_).abandoned, 0U);
    }

  private:
    std::uint32_t draw(std::uint32_t below) {
        return static_cast<std::uint32_t>(random_() % below);
    }

    caller* pick(bool holding) {
        std::vector<caller*> fit;
        for (auto& one : callers_)
            if (one.held.has_value() == holding) fit.push_back(&one);
        return fit.empty() ? nullptr : fit[draw(static_cast<std::uint32_t>(fit.size()))];
    }

    void arrive(int step) {
        auto& one = callers_.emplace_back(step);
        one.until = draw(4) == 0 ? deadline{} : deadline::after(now_, draw(12) * 5ms);
        reference_.until[step] = one.until;
        const bool expired = one.until.expired(now_);
        const auto places = reference_.config.size + reference_.config.overflow;
        const bool at_once = reference_.waiting.empty() &&
                             (reference_.idle() > 0 || reference_.taken.size() < places);
        const bool refused =
            expired || (!at_once && reference_.waiting.size() >= reference_.config.waiting);
        auto got = subject_.acquire(one.frame, one.until, now_);
        ASSERT_EQ(got.has_value(), !refused);
        if (refused) {
            ASSERT_EQ(got.error() == pool_refusal::no_time_left, expired);
            callers_.pop_back();
            return;
        }
        ASSERT_EQ(got->has_value(), at_once);
        if (at_once) {
            take(one, std::move(**got));
        } else {
            reference_.waiting.push_back(step);
        }
    }

    void take(caller& who, pool::permit given) {
        const auto slot = given.slot();
        ASSERT_TRUE(
            !reference_.taken.contains(slot) || reference_.taken.at(slot) || who.decided == 1
        ) << "a place is given to one at a time";
        ASSERT_EQ(given.task() == pool_task::open, !has_connection_[slot]);
        reference_.taken[slot] = false;
        if (given.task() == pool_task::open || given.task() == pool_task::renew) {
            if (draw(5) == 0) {  // it could not be opened
                has_connection_[slot] = false;
                remove(who);
                returned(slot, [&] {
                    given.discard(now_);
                    return false;
                });
                return;
            }
            given.opened(now_);
        }
        has_connection_[slot] = true;
        who.held.emplace(std::move(given));
        if (draw(4) == 0) who.held->abandon();
    }

    /// A place comes back by `how`, which says whether its connection stays, and goes to whom the
    /// model says.
    void returned(std::uint32_t slot, const std::function<bool()>& how) {
        const auto heir = reference_.next(now_);
        const bool stays = how();
        if (!heir) {
            has_connection_[slot] = stays;
            reference_.taken[slot] = stays;
            if (!stays) reference_.taken.erase(slot);
            return;
        }
        const auto it = std::ranges::find(callers_, *heir, &caller::id);
        ASSERT_EQ(it->frame.state(), wait_state::granted);
        ASSERT_EQ(it->decided, 1);
        if (draw(6) == 0) {  // who was granted it leaves without taking it
            returned(slot, [&] {
                callers_.erase(it);
                return has_connection_[slot] && reference_.taken.size() <= reference_.config.size;
            });
            return;
        }
        auto granted = it->frame.take();
        ASSERT_TRUE(granted);
        ASSERT_EQ(granted->slot(), slot);
        take(*it, std::move(*granted));
    }

    void give_back() {
        caller* who = pick(true);
        if (who == nullptr) return;
        auto permit = std::move(*who->held);
        const auto slot = permit.slot();
        remove(*who);
        const bool wanted = std::ranges::any_of(reference_.waiting, [&](int one) {
            return !reference_.until.at(one).expired(now_);
        });
        const bool surplus = reference_.taken.size() > reference_.config.size;
        if (draw(3) == 0) {
            has_connection_[slot] = false;
            returned(slot, [&] {
                permit.discard(now_);
                return false;
            });
            return;
        }
        returned(slot, [&] {
            const bool kept = permit.keep(now_);
            EXPECT_TRUE(kept || !wanted);
            EXPECT_TRUE(wanted || !kept || !surplus);
            return kept;
        });
    }

    void time_out() {
        caller* who = pick(false);
        if (who == nullptr) return;
        const bool due = who->frame.state() == wait_state::waiting && who->until.expired(now_);
        ASSERT_EQ(who->frame.expire(now_), due);
        if (who->frame.state() != wait_state::waiting) {
            reference_.waiting.remove(who->id);
            remove(*who);
        }
    }

    void leave() {
        caller* who = pick(false);
        if (who == nullptr) return;
        reference_.waiting.remove(who->id);
        remove(*who);
    }

    void retire() {
        while (const auto slot = subject_.retire(now_)) {
            ASSERT_TRUE(reference_.taken.at(*slot)) << "only what is idle is retired";
            reference_.taken.erase(*slot);
            has_connection_[*slot] = false;
        }
        const auto due = subject_.next_retirement();
        ASSERT_FALSE(due.expired(now_));
    }

    void remove(caller& who) {
        callers_.remove_if([&](const caller& one) { return &one == &who; });
    }

    void compare() {
        const auto told = subject_.status(now_);
        ASSERT_EQ(told.taken, reference_.taken.size());
        ASSERT_EQ(told.idle, reference_.idle());
        ASSERT_EQ(told.waiting, reference_.waiting.size());
        ASSERT_LE(told.taken, told.places);
        for (const auto& one : callers_)
            ASSERT_LE(one.decided, 1) << "a wait is decided once";
    }

    std::mt19937_64 random_;
    model reference_;
    pool subject_;
    std::map<std::uint32_t, bool> has_connection_;
    std::list<caller> callers_;
    time_point now_{1h};
};

TEST(pool_property, agrees_with_a_naive_model_over_random_walks) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        walk{seed}.run(400);
        if (testing::Test::HasFailure()) break;
    }
}

}  // namespace
}  // namespace curfew
