#include <curfew/core/pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace curfew {
namespace {

using namespace std::chrono_literals;

/// A day of callers on a coarse grid of time, so that many things happen at one instant: returns,
/// arrivals, timers, departures. Those of one instant happen in an order that the seed draws.
class scheduler {
  public:
    explicit scheduler(std::uint64_t seed) : random_{seed}, subject_{config, seed} {}

    void run(int callers) {
        for (int i = 0; i < callers; ++i)
            at(draw(callers / 3), [this] { arrive(); });
        while (!due_.empty()) {
            now_ = due_.begin()->first;
            auto& here = due_.begin()->second;
            std::swap(here[draw(static_cast<int>(here.size()))], here.back());
            const auto next = std::move(here.back());
            here.pop_back();
            if (here.empty()) due_.erase(due_.begin());
            next();
            ASSERT_LE(out_, 3) << "three places, one holder each";
        }
        EXPECT_EQ(out_, 0);
        EXPECT_EQ(served_ + expired_ + left_, callers) << "each ends once";
        EXPECT_GT(served_, callers / 8);
        EXPECT_GT(expired_, callers / 8);
        EXPECT_EQ(subject_.status(now_).taken, subject_.status(now_).idle);
    }

  private:
    static constexpr pool_config config{.size = 2, .overflow = 1, .waiting = 1'000'000};

    struct caller {
        pool::permit held;
        bool over = false;
        pool::waiter frame{[](pool::waiter& decided) noexcept { ++woken()[&decided]; }};
    };

    static std::map<const pool::waiter*, int>& woken() {
        static std::map<const pool::waiter*, int> all;
        return all;
    }

    int draw(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

    void at(int later, std::function<void()> what) {
        due_[now_ + std::chrono::milliseconds{later}].push_back(std::move(what));
    }

    void arrive() {
        auto one = std::make_shared<caller>();
        const int patience = 1 + draw(6);
        auto got = subject_.acquire(one->frame, deadline::after(now_, patience * 1ms), now_);
        ASSERT_TRUE(got);
        if (*got) {
            serve(one, std::move(**got));
            return;
        }
        at(patience, [this, one] { look(one); });
        at(draw(patience + 1), [this, one] { look(one); });
        if (draw(5) == 0) at(draw(patience + 1), [this, one] { leave(one); });
    }

    /// The caller's own thread runs: its timer fired, or it was woken.
    void look(const std::shared_ptr<caller>& one) {
        if (one->over) return;
        if (one->frame.state() == wait_state::waiting) (void)one->frame.expire(now_);
        if (auto granted = one->frame.take()) {
            serve(one, std::move(*granted));
        } else if (one->frame.state() == wait_state::expired) {
            one->over = true;
            ++expired_;
        }
    }

    void leave(const std::shared_ptr<caller>& one) {
        if (std::exchange(one->over, true)) return;
        if (!one->frame.cancel()) (void)one->frame.take();  // given back by its destructor
        ++left_;
    }

    void serve(const std::shared_ptr<caller>& one, pool::permit given) {
        one->over = true;
        one->held = std::move(given);
        ++out_;
        ++served_;
        if (one->held.task() != pool_task::use) one->held.opened(now_);
        at(draw(7), [this, one] {
            --out_;
            if (draw(4) == 0) {
                one->held.discard(now_);
            } else {
                (void)one->held.keep(now_);
            }
        });
    }

    std::mt19937_64 random_;
    pool subject_;
    time_point now_{1h};
    std::map<time_point, std::deque<std::function<void()>>> due_;
    int out_ = 0;
    int served_ = 0;
    int expired_ = 0;
    int left_ = 0;
};

TEST(pool_race, a_grant_and_a_time_out_of_one_instant_lose_nothing_in_any_order) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        scheduler{seed}.run(600);
        if (testing::Test::HasFailure()) break;
    }
}

}  // namespace
}  // namespace curfew
