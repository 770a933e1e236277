#include "ledger_scenario.hpp"

#include <atomic>
#include <thread>

namespace curfew::ledger {
namespace {

const times clocks{
    [] { return steady_clock{}.now(); },
    [] { return noon; },
};

TEST(ledger, threads_record_side_by_side_and_stop_writes_everything) {
    own_directory directory;
    const std::string path = directory.file("below/ledger.db");
    constexpr std::uint64_t each_records = 50'000;
    ledger book{{path, {}, "1.2.3", std::size_t{16} << 20}, clocks, [](std::string_view) {}};
    std::vector<std::thread> all;
    for (int i = 0; i < 3; ++i) {
        all.emplace_back([&sink = book.sink()] {
            const time_point now = steady_clock{}.now();
            for (std::uint64_t n = 0; n < each_records; ++n) {
                sink.record(some_event("a", outcome::success, duration{n}, now));
            }
        });
    }
    book.mark("begun");
    for (std::thread& each : all)
        each.join();
    ASSERT_TRUE(book.stop(30s));
    const status told = book.state();
    EXPECT_EQ(told.is, status::condition::stopped);
    EXPECT_EQ(count_of(told.so_far, fate::recorded), 3 * each_records);
    EXPECT_EQ(stored_count(path), 3 * each_records);
    EXPECT_EQ(reader::open(path)->marks({})->at(0).text, "begun");
}

TEST(ledger, ends_in_time_and_says_nothing_more_when_there_is_nowhere_to_write) {
    std::atomic<int> said{0};
    {
        ledger book{{"/dev/null/ledger.db"}, clocks, [&](std::string_view) { ++said; }};
        book.sink().record(some_event("a"));
        EXPECT_FALSE(book.stop(30s));
        EXPECT_EQ(said, 1);
        EXPECT_FALSE(book.stop(0s)) << "stopping twice is no harm";
    }
    EXPECT_EQ(said, 1);
}

TEST(ledger, nothing_recorded_still_leaves_a_trace_of_the_instance) {
    own_directory directory;
    const std::string path = directory.file("ledger.db");
    {
        ledger book{{path, {}, "1.2.3"}, clocks, [](std::string_view) {}};
    }
    const auto instances = reader::open(path)->instances({});
    ASSERT_TRUE(instances);
    ASSERT_EQ(instances->size(), 1U);
    EXPECT_TRUE(instances->front().stopped);
}

}  // namespace
}  // namespace curfew::ledger
