#include "faulty_disk.hpp"
#include "ledger_scenario.hpp"

#include <latch>
#include <mutex>

namespace curfew::ledger {
namespace {

/// Writes down what it hears.
class scribe final : public listener {
  public:
    void heard(const event& what, wall_time ended) noexcept override {
        const std::lock_guard held{lock_};
        names.emplace_back(what.name);
        ends.push_back(ended);
    }

    void drained(time_point now, std::uint64_t dropped) noexcept override {
        const std::lock_guard held{lock_};
        drained_at = now;
        dropped_in_all = dropped;
    }

    std::vector<std::string> names;
    std::vector<wall_time> ends;
    time_point drained_at{};
    std::uint64_t dropped_in_all = 0;

  private:
    std::mutex lock_;
};

class listener_test : public ledger_scenario {
  protected:
    listener_test() : ledger_scenario{4'096} { how.listeners = {&first, &second}; }

    scribe first;
    scribe second;
};

TEST_F(listener_test, hears_every_event_in_order_with_its_end_on_the_wall) {
    begin();
    step();
    record(some_event("a", outcome::success, 250ms, now));
    record(some_event("b", outcome::timeout, 2s, now));
    step();
    const std::vector<std::string> names{"a", "b"};
    EXPECT_EQ(first.names, names);
    EXPECT_EQ(second.names, names);
    const std::vector<wall_time> ends{noon + 1s + 250ms, noon + 3s};
    EXPECT_EQ(first.ends, ends);
    EXPECT_EQ(first.drained_at, now);
    EXPECT_EQ(first.dropped_in_all, 0U);
}

TEST_F(listener_test, hears_while_nothing_can_be_written) {
    path = "/dev/null/ledger.db";
    begin();
    for (int second = 0; second < 5; ++second) {
        record(some_event("a", outcome::failure, 5ms, now));
        step();
    }
    EXPECT_EQ(work->state().is, status::condition::failing);
    EXPECT_EQ(first.names.size(), 5U);
}

TEST_F(listener_test, hears_on_a_full_disk_and_hears_nothing_twice_when_it_is_written_later) {
    faulty_disk disk;
    disk.before = [](std::uint64_t) { return SQLITE_FULL; };
    begin(disk.name());
    for (int second = 0; second < 10; ++second) {
        record(some_event("a", outcome::failure, 5ms, now));
        step();
    }
    EXPECT_EQ(first.names.size(), 10U);
    disk.before = nullptr;
    for (int second = 0; second < 61; ++second)
        step();
    EXPECT_TRUE(finish());
    EXPECT_EQ(stored_count(path), 10U);
    EXPECT_EQ(first.names.size(), 10U);
}

TEST_F(listener_test, what_a_full_ring_dropped_is_not_heard_but_counted) {
    begin();
    for (int i = 0; i < 100; ++i) {
        tape.record(some_event("a", outcome::failure, 5ms, now));
    }
    step();
    EXPECT_GT(first.dropped_in_all, 0U);
    EXPECT_EQ(first.names.size() + first.dropped_in_all, 100U);
    const std::uint64_t before = first.dropped_in_all;
    step();
    EXPECT_EQ(first.dropped_in_all, before) << "counted since the beginning, and once";
}

TEST_F(listener_test, hears_what_is_recorded_to_the_last_and_nothing_after_stop) {
    how.path = path;
    const times clocks{[] { return steady_clock{}.now(); }, [] { return noon; }};
    ledger book{how, clocks, [](std::string_view) {}};
    event_sink& sink = book.sink();
    for (int i = 0; i < 10; ++i) {
        sink.record(some_event("a"));
    }
    EXPECT_TRUE(book.stop(30s));
    EXPECT_EQ(first.names.size(), 10U);
    sink.record(some_event("too late"));
    EXPECT_EQ(first.names.size(), 10U);
}

TEST_F(listener_test, where_no_file_is_kept_everything_is_heard_and_no_disk_is_touched) {
    path.clear();
    begin();
    for (int second = 0; second < 70; ++second) {
        record(some_event("a", outcome::failure, 5ms, now));
        record(some_event("b", outcome::success, 5ms, now));
        EXPECT_TRUE(step()) << "nothing waits for a file";
    }
    EXPECT_EQ(first.names.size(), 140U);
    EXPECT_EQ(second.names, first.names);
    EXPECT_EQ(work->state().rows_waiting, 0U);
    EXPECT_TRUE(finish());
    EXPECT_TRUE(said.empty()) << said.front();
    EXPECT_TRUE(directory.like("").empty());
}

TEST_F(listener_test, where_no_file_is_kept_what_a_full_ring_dropped_is_counted) {
    path.clear();
    begin();
    for (int i = 0; i < 100; ++i) {
        tape.record(some_event("a", outcome::failure, 5ms, now));
    }
    step();
    EXPECT_GT(first.dropped_in_all, 0U);
    EXPECT_EQ(first.names.size() + first.dropped_in_all, 100U);
}

// Its thread outlives the ledger then: it is held in the disk until the ledger is gone.
TEST_F(listener_test, after_a_disk_that_hangs_beyond_stop_nothing_is_heard) {
    faulty_disk disk;
    std::latch entered{1};
    std::latch freed{1};
    std::latch ended{1};
    disk.before = [&](std::uint64_t operation) {
        if (operation == 0) {
            entered.count_down();
            freed.wait();
        }
        return SQLITE_OK;
    };
    how.path = path;
    how.vfs = disk.name();
    {
        // Clocks live as long as the thread.
        const std::shared_ptr<void> token{nullptr, [&](void*) { ended.count_down(); }};
        ledger book{
            how,
            {[token] { return steady_clock{}.now(); }, [] { return noon; }},
            [](std::string_view) {}
        };
        entered.wait();
        book.sink().record(some_event("late"));
        EXPECT_FALSE(book.stop(0s));
    }
    freed.count_down();
    ended.wait();
    EXPECT_TRUE(first.names.empty());
    EXPECT_EQ(stored_count(path), 1U) << "its thread went on";
}

}  // namespace
}  // namespace curfew::ledger
