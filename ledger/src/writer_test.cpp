#include "ledger_scenario.hpp"

namespace curfew::ledger {
namespace {

class writer_test : public ledger_scenario {};

TEST_F(writer_test, figures_are_exact_for_any_stream_whatever_is_sampled) {
    how.rules.success_rows = 3;
    begin();
    random_events some{21};
    for (int second = 0; second < 200; ++second) {
        for (std::uint64_t i = some.number() % 200; i > 0; --i) {
            record(some.next(now));
        }
        step();
    }
    EXPECT_TRUE(finish());
    expect_stored(path, expected);
    const auto became = reader::open(path)->what_became({});
    ASSERT_TRUE(became);
    EXPECT_EQ(count_of(*became, fate::recorded), expected.count);
    EXPECT_GT(count_of(*became, fate::row_sampled_out), 1'000U);
    EXPECT_EQ(
        count_of(*became, fate::row_kept) + count_of(*became, fate::row_sampled_out), expected.count
    );
}

TEST_F(writer_test, everything_that_was_no_plain_success_has_its_row) {
    how.rules.success_rows = 1;
    begin();
    std::size_t special = 0;
    random_events some{22};
    for (int i = 0; i < 3'000; ++i) {
        const event what = some.next(now);
        special += is_plain_success(what) ? 0 : 1;
        record(what);
    }
    step();
    EXPECT_TRUE(finish());
    const auto rows = reader::open(path)->operations({}, false, 100'000);
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->size(), special);
    const auto all = reader::open(path)->operations({}, true, 100'000);
    EXPECT_GT(all->size(), special);
    EXPECT_LT(all->size(), special + 3);
}

TEST_F(writer_test, a_row_has_everything_that_was_told) {
    begin();
    step();
    const std::array attributes{event::attribute{"status", "504"}};
    event what = some_event("GET /slow", outcome::timeout, 30s, now - 30s);
    what.error = errc::own_timeout;
    what.trace = {0xfeedfacecafebeefU, 0x8000000000000001U, 7, 1};
    what.attributes = attributes;
    record(what);
    step();
    EXPECT_TRUE(finish());
    const auto rows = reader::open(path)->find(what.trace.trace_high, what.trace.trace_low);
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 1U);
    const kept_operation& row = rows->front();
    EXPECT_EQ(row.what.name, "GET /slow");
    EXPECT_EQ(row.what.ended, outcome::timeout);
    EXPECT_EQ(row.what.why, cause_kind::own_timeout);
    EXPECT_EQ(row.what.error, errc::own_timeout);
    EXPECT_EQ(row.what.limit_name, "request.timeout");
    EXPECT_EQ(row.started, noon + 1s - 30s);
    EXPECT_EQ(row.took, 30s);
    EXPECT_EQ(row.limit, 30s);
    EXPECT_EQ(row.cause_limit, 30s);
    EXPECT_EQ(row.account.format(), what.account.format());
    EXPECT_EQ(row.trace.span, 7U);
    ASSERT_EQ(row.attributes.size(), 1U);
    EXPECT_EQ(row.attributes[0].second, "504");
    EXPECT_TRUE(reader::open(path)->find(1, 1)->empty());
}

TEST_F(writer_test, an_event_is_in_the_file_a_second_later) {
    begin();
    step();
    record(some_event("a", outcome::success, 5ms, now));
    step(200ms);
    EXPECT_EQ(stored_count(path), 0U);
    step(800ms);
    EXPECT_EQ(stored_count(path), 1U);
}

class small_ring : public ledger_scenario {
  protected:
    small_ring() : ledger_scenario{16 * 1024} {}
};

TEST_F(small_ring, recorded_and_dropped_are_all_that_was_offered_by_outcome) {
    begin();
    random_events some{23};
    std::array<std::uint64_t, recorder::outcomes> offered{};
    for (int second = 0; second < 100; ++second) {
        for (std::uint64_t i = some.number() % 400; i > 0; --i) {
            const event what = some.next(now);
            tape.record(what);
            ++offered[static_cast<std::size_t>(what.ended)];
        }
        step();
    }
    EXPECT_TRUE(finish());
    auto reads = reader::open(path);
    std::array<std::uint64_t, recorder::outcomes> stored{};
    const auto sums = reads->sum({});
    for (const auto& each : *sums) {
        stored[static_cast<std::size_t>(each.what.ended)] += each.sums.took.count();
    }
    const auto became = *reads->what_became({});
    std::uint64_t dropped_in_all = 0;
    for (std::size_t i = 0; i < offered.size(); ++i) {
        const auto first = static_cast<std::size_t>(fate::ring_full_success);
        EXPECT_EQ(stored[i] + became[first + i], offered[i]) << to_string(outcome(i));
        dropped_in_all += became[first + i];
    }
    EXPECT_GT(dropped_in_all, 1'000U);
}

TEST_F(writer_test, a_wall_clock_that_jumps_moves_minutes_and_loses_no_count) {
    begin();
    std::mt19937_64 random{24};
    for (int second = 0; second < 300; ++second) {
        if (second % 20 == 19) {
            wall += std::chrono::seconds{static_cast<int>(random() % 7'200) - 3'600};
        }
        record(some_event("a", outcome::success, 5ms, now));
        step();
    }
    EXPECT_TRUE(finish());
    expect_stored(path, expected);
    const auto became = *reader::open(path)->what_became({});
    EXPECT_GE(count_of(became, fate::clock_stepped), 14U);
    EXPECT_LE(count_of(became, fate::clock_stepped), 15U);
}

TEST_F(writer_test, a_jump_of_the_wall_clock_makes_nothing_old_enough_to_delete) {
    begin();
    record(some_event("a", outcome::failure, 5ms, now));
    step();
    wall += std::chrono::days{3'650};
    for (int i = 0; i < 30; ++i)
        step();
    EXPECT_TRUE(finish());
    EXPECT_EQ(stored_count(path), 1U);
    EXPECT_EQ(reader::open(path)->operations({}, false, 10)->size(), 1U);
}

TEST_F(writer_test, what_is_too_old_goes_rows_before_minutes_and_that_is_told) {
    how.rules.keep_rows = 2h;
    how.rules.keep_minutes = 4h;
    begin();
    for (int hour = 0; hour < 10; ++hour) {
        record(some_event("a", outcome::failure, 5ms, now));
        step(1h);
        step();
    }
    EXPECT_TRUE(finish());
    auto reads = reader::open(path);
    EXPECT_EQ(reads->operations({}, false, 100)->size(), 2U);
    EXPECT_EQ(stored_count(path), 4U);
    const auto covers = *reads->covers();
    EXPECT_LT(*covers.first_minute, *covers.first_row);
    const auto became = *reads->what_became({});
    EXPECT_GT(count_of(became, fate::rows_expired), 0U);
    EXPECT_GT(count_of(became, fate::minutes_expired), 0U);
}

TEST_F(writer_test, the_file_keeps_its_cap_by_losing_the_oldest_rows_and_no_minute) {
    how.rules.size_max = 1 << 20;
    begin();
    for (int second = 0; second < 120; ++second) {
        for (int i = 0; i < 300; ++i) {
            record(some_event("GET /a/b/c/d", outcome::failure, 5ms, now));
        }
        step();
    }
    EXPECT_TRUE(finish());
    expect_stored(path, expected);
    auto reads = reader::open(path);
    EXPECT_LE(reads->covers()->file_bytes, how.rules.size_max);
    const auto rows = reads->operations({}, false, 1'000'000);
    EXPECT_GT(rows->size(), 3'000U);
    EXPECT_LT(rows->size(), 20'000U);
    const auto became = *reads->what_became({});
    EXPECT_EQ(rows->size() + count_of(became, fate::rows_trimmed), expected.count);
    EXPECT_EQ(rows->front().started, noon + 119s) << "the newest stay";
}

TEST_F(writer_test, a_write_ahead_log_that_a_stopped_reader_keeps_is_shown_and_told_once) {
    how.wal_told_bytes = 20 << 20;
    begin();
    step();
    const auto fill = [&](bool until_told) {
        for (int second = 0; second < 200 && (said.size() % 2 == 1) != until_told; ++second) {
            for (int i = 0; i < 3'000; ++i)
                tape.record(some_event("GET /a", outcome::failure, 5ms, now));
            step();
        }
    };
    const auto hold = [&] {
        auto stopped = *database::open(path, {.how = database::access::read});
        EXPECT_TRUE(stopped.run("BEGIN; SELECT count(*) FROM series"));
        return stopped;
    };
    {
        const auto stopped = hold();
        fill(true);
        ASSERT_EQ(said.size(), 1U);
        EXPECT_NE(said[0].find(path + "-wal"), std::string::npos) << said[0];
        EXPECT_NE(said[0].find("20 MiB"), std::string::npos) << said[0];
        EXPECT_NE(said[0].find("lsof"), std::string::npos) << said[0];
        EXPECT_GE(work->state().wal_bytes, how.wal_told_bytes);
        for (int second = 0; second < 5; ++second) {
            record(some_event("b", outcome::failure, 5ms, now));
            step();
        }
        EXPECT_EQ(said.size(), 1U);
    }
    fill(false);
    ASSERT_EQ(said.size(), 2U);
    EXPECT_NE(said[1].find("small again"), std::string::npos) << said[1];
    EXPECT_LT(work->state().wal_bytes, how.wal_told_bytes / 2);
    EXPECT_TRUE(finish());
}

TEST_F(writer_test, marks_and_instances_are_told_back) {
    begin();
    step();
    work->take_mark({wall, "v1.4 deployed"});
    step();
    EXPECT_TRUE(finish());
    begin();
    step();
    auto reads = reader::open(path);
    const auto marks = *reads->marks({});
    ASSERT_EQ(marks.size(), 1U);
    EXPECT_EQ(marks[0].text, "v1.4 deployed");
    EXPECT_EQ(marks[0].at, noon + 1s);
    const auto instances = *reads->instances({});
    ASSERT_EQ(instances.size(), 2U);
    EXPECT_EQ(instances[0].version, "1.2.3");
    EXPECT_TRUE(instances[0].stopped);
    EXPECT_FALSE(instances[1].stopped);
    EXPECT_NE(instances[0].id, instances[1].id);
}

TEST_F(writer_test, the_file_is_private) {
    begin();
    step();
    using std::filesystem::perms;
    for (const std::string& each : directory.like("ledger.db")) {
        EXPECT_EQ(
            std::filesystem::status(each).permissions(), perms::owner_read | perms::owner_write
        ) << each;
    }
}

}  // namespace
}  // namespace curfew::ledger
