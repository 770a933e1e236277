#include <curfew/core/wait_queue.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace curfew {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{1h};

/// A move-only token that counts how many of its kind are out.
class token {
  public:
    explicit token(int& out) noexcept : out_{&out} { ++out; }

    token(token&& other) noexcept : out_{std::exchange(other.out_, nullptr)} {}

    token& operator=(token&& other) noexcept {
        if (this != &other) {
            give_back();
            out_ = std::exchange(other.out_, nullptr);
        }
        return *this;
    }

    ~token() { give_back(); }

    [[nodiscard]] bool held() const noexcept { return out_ != nullptr; }

  private:
    void give_back() noexcept {
        if (out_ != nullptr) --*out_;
        out_ = nullptr;
    }

    int* out_;
};

using queue = wait_queue<token>;

void ignore(queue::waiter& /*decided*/) noexcept {}

deadline in(duration later) {
    return deadline::after(start, later);
}

TEST(wait_queue, grants_in_the_order_of_arrival) {
    int out = 0;
    queue line{10};
    queue::waiter first{ignore};
    queue::waiter second{ignore};
    ASSERT_TRUE(line.enqueue(first, in(5s), start));
    ASSERT_TRUE(line.enqueue(second, deadline{}, start + 1s));
    EXPECT_EQ(line.front(), &first);
    token one{out};
    EXPECT_TRUE(line.grant_next(one, start + 2s));
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.Move): that it is gone is the claim
    EXPECT_FALSE(one.held());
    EXPECT_EQ(first.state(), wait_state::granted);
    EXPECT_EQ(second.state(), wait_state::waiting);
    EXPECT_EQ(line.size(), 1);
    EXPECT_EQ(second.since(), start + 1s);
}

TEST(wait_queue, refuses_at_its_bound_and_when_no_time_is_left) {
    queue line{1};
    queue::waiter first{ignore};
    queue::waiter second{ignore};
    EXPECT_EQ(line.enqueue(first, in(0s), start).error(), shed_reason::no_time_left);
    ASSERT_TRUE(line.enqueue(first, in(5s), start));
    EXPECT_EQ(line.enqueue(second, in(5s), start).error(), shed_reason::queue_full);
    EXPECT_EQ(second.state(), wait_state::idle);
    queue none{0};
    EXPECT_EQ(none.enqueue(second, in(5s), start).error(), shed_reason::queue_full);
}

TEST(wait_queue, a_grant_without_waiters_stays_with_the_giver) {
    int out = 0;
    queue line{1};
    token one{out};
    EXPECT_FALSE(line.grant_next(one, start));
    EXPECT_TRUE(one.held());
}

TEST(wait_queue, at_the_instant_of_its_deadline_a_waiter_has_expired_and_the_next_is_granted) {
    int out = 0;
    queue line{10};
    queue::waiter first{ignore};
    queue::waiter second{ignore};
    ASSERT_TRUE(line.enqueue(first, in(5s), start));
    ASSERT_TRUE(line.enqueue(second, in(6s), start));
    token one{out};
    EXPECT_TRUE(line.grant_next(one, start + 5s));
    EXPECT_EQ(first.state(), wait_state::expired);
    EXPECT_FALSE(first.expire(start + 5s));  // its timer finds it decided
    EXPECT_EQ(second.state(), wait_state::granted);
}

TEST(wait_queue, a_time_out_after_the_grant_takes_nothing_back) {
    int out = 0;
    queue line{10};
    queue::waiter first{ignore};
    ASSERT_TRUE(line.enqueue(first, in(5s), start));
    token one{out};
    ASSERT_TRUE(line.grant_next(one, start + 5s - 1ns));
    EXPECT_FALSE(first.expire(start + 5s));
    EXPECT_FALSE(first.cancel());
    EXPECT_EQ(first.state(), wait_state::granted);
    EXPECT_TRUE(first.take().has_value());
    EXPECT_FALSE(first.take().has_value());
    EXPECT_EQ(out, 0);
}

TEST(wait_queue, a_timer_that_fires_early_decides_nothing) {
    queue line{10};
    queue::waiter first{ignore};
    ASSERT_TRUE(line.enqueue(first, in(5s), start));
    EXPECT_FALSE(first.expire(start + 5s - 1ns));
    EXPECT_TRUE(first.expire(start + 5s));
    EXPECT_EQ(first.state(), wait_state::expired);
    EXPECT_TRUE(line.empty());
}

TEST(wait_queue, a_waiter_destroyed_while_waiting_leaves_no_trace) {
    int out = 0;
    queue line{10};
    queue::waiter first{ignore};
    queue::waiter last{ignore};
    ASSERT_TRUE(line.enqueue(first, in(5s), start));
    {
        queue::waiter gone{ignore};
        ASSERT_TRUE(line.enqueue(gone, in(5s), start));
        ASSERT_TRUE(line.enqueue(last, in(5s), start));
        EXPECT_EQ(line.size(), 3);
    }
    EXPECT_EQ(line.size(), 2);
    token one{out};
    token two{out};
    EXPECT_TRUE(line.grant_next(one, start) && line.grant_next(two, start));
    EXPECT_EQ(last.state(), wait_state::granted);
}

TEST(wait_queue, a_grant_that_nobody_takes_gives_itself_back) {
    int out = 0;
    queue line{10};
    {
        queue::waiter gone{ignore};
        ASSERT_TRUE(line.enqueue(gone, in(5s), start));
        token one{out};
        ASSERT_TRUE(line.grant_next(one, start));
        EXPECT_EQ(out, 1);
    }
    EXPECT_EQ(out, 0);
}

struct requeuing : queue::waiter {
    explicit requeuing(queue& into) noexcept : waiter{again}, line{into} {}

    static void again(waiter& decided) noexcept {
        auto& self = static_cast<requeuing&>(decided);
        ++self.settled;
        if (self.settled == 1) (void)self.line.enqueue(self, deadline{}, start);
    }

    queue& line;
    int settled = 0;
};

TEST(wait_queue, a_settled_waiter_may_queue_again_at_once) {
    queue line{10};
    requeuing first{line};
    ASSERT_TRUE(line.enqueue(first, in(5s), start));
    line.close();
    EXPECT_EQ(first.settled, 1);
    EXPECT_EQ(first.state(), wait_state::waiting);
    EXPECT_EQ(line.size(), 1);
    line.close();
    EXPECT_EQ(first.settled, 2);
    EXPECT_EQ(first.state(), wait_state::cancelled);
}

struct mortal : queue::waiter {
    explicit mortal(std::unique_ptr<mortal>& owner) noexcept : waiter{die}, mine{owner} {}

    static void die(waiter& decided) noexcept { static_cast<mortal&>(decided).mine.reset(); }

    std::unique_ptr<mortal>& mine;
};

TEST(wait_queue, a_waiter_may_be_destroyed_by_its_own_callback) {
    int out = 0;
    queue line{10};
    std::unique_ptr<mortal> first;
    first = std::make_unique<mortal>(first);
    ASSERT_TRUE(line.enqueue(*first, in(5s), start));
    token one{out};
    EXPECT_TRUE(line.grant_next(one, start));
    EXPECT_EQ(first, nullptr);
    EXPECT_EQ(out, 0);
}

struct counted : queue::waiter {
    counted() noexcept : waiter{count} {}

    static void count(waiter& decided) noexcept { ++static_cast<counted&>(decided).settled; }

    int id = 0;
    int settled = 0;
};

/// A list of (id, deadline), searched and erased.
struct naive {
    std::vector<std::pair<int, deadline>> line;

    bool remove(int id) {
        return std::erase_if(line, [id](auto& one) { return one.first == id; }) > 0;
    }

    std::optional<int> grant(time_point now) {
        while (!line.empty()) {
            const auto [id, until] = line.front();
            line.erase(line.begin());
            if (!until.expired(now)) return id;
        }
        return std::nullopt;
    }
};

TEST(wait_queue, equals_a_naive_list_over_random_histories) {
    constexpr std::size_t bound = 12;
    int out = 0;
    for (unsigned seed = 1; seed <= 20; ++seed) {
        std::mt19937 random{seed};
        queue line{bound};
        naive reference;
        std::list<counted> frames;
        time_point now = start;
        for (int step = 0; step < 2000; ++step) {
            now += (random() % 4) * 1ms;
            const auto pick = [&] {
                return std::next(frames.begin(), static_cast<long>(random() % frames.size()));
            };
            switch (random() % 5) {
                case 0:
                case 1: {
                    auto& made = frames.emplace_back();
                    made.id = step;
                    const auto until = random() % 8 == 0
                                           ? deadline{}
                                           : deadline::after(now, (random() % 60) * 1ms);
                    const bool fits = !until.expired(now) && reference.line.size() < bound;
                    ASSERT_EQ(line.enqueue(made, until, now).has_value(), fits) << seed;
                    if (fits) reference.line.emplace_back(step, until);
                    break;
                }
                case 2: {
                    token one{out};
                    const auto expected = reference.grant(now);
                    ASSERT_EQ(line.grant_next(one, now), expected.has_value()) << seed;
                    for (auto& frame : frames) {
                        const bool got = frame.take().has_value();
                        ASSERT_EQ(got, expected == frame.id) << seed;
                    }
                    break;
                }
                case 3:
                    if (frames.empty()) break;
                    if (const auto it = pick(); random() % 2 == 0) {
                        reference.remove(it->id);
                        frames.erase(it);
                    } else {
                        ASSERT_EQ(it->cancel(), reference.remove(it->id)) << seed;
                    }
                    break;
                default:
                    if (frames.empty()) break;
                    const auto it = pick();
                    const bool due = it->state() == wait_state::waiting && it->until().expired(now);
                    ASSERT_EQ(it->expire(now), due) << seed;
                    if (due) reference.remove(it->id);
            }
            ASSERT_EQ(line.size(), reference.line.size()) << seed << " step " << step;
            for (const auto& frame : frames) {
                const bool decided_by_queue =
                    frame.state() == wait_state::granted || frame.state() == wait_state::expired;
                ASSERT_EQ(frame.settled, decided_by_queue ? 1 : 0) << seed;
            }
        }
        frames.clear();
        ASSERT_TRUE(line.empty());
        ASSERT_EQ(out, 0) << "a token was lost";
    }
}

TEST(wait_queue, who_cannot_live_to_see_it_leaves_ahead_of_its_deadline) {
    int out = 0;
    queue line{10};
    queue::waiter first{ignore};
    queue::waiter second{ignore};
    queue::waiter third{ignore};
    ASSERT_TRUE(line.enqueue(first, in(5s), start));
    ASSERT_TRUE(line.enqueue(second, in(9s), start));
    ASSERT_TRUE(line.enqueue(third, in(8s), start));
    line.expire_by(start + 8s);
    EXPECT_EQ(first.state(), wait_state::expired);
    EXPECT_EQ(second.state(), wait_state::waiting);
    EXPECT_EQ(third.state(), wait_state::expired);
    token grant{out};
    EXPECT_TRUE(line.grant_next(grant, start));
    EXPECT_EQ(second.state(), wait_state::granted);
    EXPECT_TRUE(line.empty());
}

}  // namespace
}  // namespace curfew
