#include "database_scenario.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace curfew::ledger {
namespace {

using testing::HasSubstr;
using testing::Not;

class database_ledger : public database_scenario {};

TEST_F(database_ledger, has_what_a_file_has_of_the_same_events) {
    settings in_file = how;
    in_file.database.reset();
    in_file.path = directory.file("ledger.db");
    recorder other_tape{std::size_t{1} << 20};
    writer other{in_file, [](std::string_view) {}, waits};
    work->take_mark({wall, "v1.4"});
    other.take_mark({wall, "v1.4"});
    for (int i = 0; i < 200; ++i) {
        for (int each = 0; each < 20; ++each) {
            const event what = some.next(now);
            record(what);
            other_tape.record(what);
        }
        step();
        std::array from{&other_tape};
        other.step(now, wall, from);
    }
    std::array from{&other_tape};
    ASSERT_TRUE(finish());
    ASSERT_TRUE(other.finish(now, wall, from));
    expect_all_stored();

    auto a = read();
    auto b = *reader::open(in_file.path);
    EXPECT_EQ(a.what_became({}).value(), b.what_became({}).value());
    EXPECT_EQ(a.marks({})->at(0).text, b.marks({})->at(0).text);
    EXPECT_EQ(a.covers()->first_row, b.covers()->first_row);
    EXPECT_EQ(a.covers()->last_minute, b.covers()->last_minute);
    ASSERT_EQ(a.instances({})->size(), 1U);
    const instance of_a = a.instances({})->at(0);
    const instance of_b = b.instances({})->at(0);
    EXPECT_EQ(of_a.id, of_b.id);
    EXPECT_EQ(of_a.started, of_b.started);
    EXPECT_EQ(of_a.last_seen, of_b.last_seen);
    EXPECT_EQ(of_a.version, of_b.version);
    EXPECT_TRUE(of_a.stopped && of_b.stopped);
    for (const bool plain : {true, false}) {
        const auto rows_a = a.operations({}, plain, 1'000).value();
        const auto rows_b = b.operations({}, plain, 1'000).value();
        ASSERT_EQ(rows_a.size(), rows_b.size());
        for (std::size_t i = 0; i < rows_a.size(); ++i) {
            ASSERT_EQ(rows_a[i].what, rows_b[i].what) << i;
            ASSERT_EQ(rows_a[i].started, rows_b[i].started);
            ASSERT_EQ(rows_a[i].took, rows_b[i].took);
            ASSERT_EQ(rows_a[i].trace, rows_b[i].trace);
            ASSERT_EQ(rows_a[i].attributes, rows_b[i].attributes);
            ASSERT_EQ(rows_a[i].one_in, rows_b[i].one_in);
            ASSERT_EQ(rows_a[i].instance, rows_b[i].instance);
        }
        const auto trace = rows_a.front().trace;
        EXPECT_EQ(a.find(trace.trace_high, trace.trace_low)->size(), 1U);
    }
}

TEST_F(database_ledger, a_batch_that_is_told_again_under_its_name_changes_nothing) {
    auto made = postgres_store::open(*how.database, waits);
    ASSERT_TRUE(made) << made.error().said;
    batch what;
    what.take(some_event("a", outcome::failure), noon, 1);
    ASSERT_TRUE(what.take(mark{noon, "once"}));
    const author by{1, "1", noon};
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(made->write(what, noon, {"n1", &by})) << made->explain({}).said;
    auto again = postgres_store::open(*how.database, waits);
    EXPECT_TRUE(again->write(what, noon, {"n1", &by}));
    auto opened = read();
    EXPECT_EQ(opened.sum({})->at(0).sums.took.count(), 1U);
    EXPECT_EQ(opened.operations({}, true, 10)->size(), 1U);
    EXPECT_EQ(opened.marks({})->size(), 1U);
    EXPECT_EQ(became(fate::row_kept), 1U);
    EXPECT_EQ(opened.instances({})->size(), 1U);
}

TEST_F(database_ledger, what_surely_arrived_leaves_no_name_behind) {
    for (int i = 0; i < 30; ++i)
        second(2);
    EXPECT_EQ(server().number("SELECT count(*) FROM curfew.merged_spool"), 1);
    ASSERT_TRUE(finish());
    expect_all_stored();
}

TEST_F(database_ledger, a_text_that_postgresql_does_not_take_is_made_one_that_it_takes) {
    record(some_event("GET /a"));
    event what = some_event(std::string_view{"GET /\xff\0x\\\"", 10});
    tape.record(what);
    work->take_mark(
        {wall,
         "a\x80"
         "b"}
    );
    step();
    ASSERT_TRUE(finish());
    auto opened = read();
    const auto sums = opened.sum({}).value();
    ASSERT_EQ(sums.size(), 2U);
    EXPECT_EQ(sums[0].what.name, "GET /??x\\\"");
    EXPECT_EQ(opened.marks({})->at(0).text, "a?b");
}

TEST_F(database_ledger, several_write_one_and_every_figure_adds_up) {
    constexpr int writers = 4;
    constexpr int seconds = 30;
    std::atomic<int> failed{0};
    std::vector<std::thread> all;
    for (int i = 0; i < writers; ++i) {
        all.emplace_back([&, i] {
            settings mine = how;
            mine.path = directory.file("spool-" + std::to_string(i));
            const steady_clock clock{};
            const postgres_waiting own{clock};
            recorder its{std::size_t{1} << 20};
            writer one{mine, [](std::string_view) {}, own};
            std::array from{&its};
            time_point at = now;
            wall_time shown = wall;
            for (int each = 0; each < seconds; ++each) {
                for (int n = 0; n < 10; ++n)
                    its.record(some_event("GET /" + std::to_string(n), outcome::failure, 5ms, at));
                at += 1s;
                shown += 1s;
                one.step(at, shown, from);
            }
            failed += one.finish(at, shown, from) ? 0 : 1;
        });
    }
    for (auto& each : all)
        each.join();
    for (int i = 0; i < writers; ++i) {
        // What met a deadlock or a lock for too long lies in a spool, and is taken over.
        const place where{directory.file("spool-" + std::to_string(i)), how.database};
        EXPECT_TRUE(merge_spool(where, wall, time));
    }
    EXPECT_EQ(failed, 0);
    auto opened = read();
    std::uint64_t sum = 0;
    for (const auto& each : opened.sum({}).value())
        sum += each.sums.took.count();
    EXPECT_EQ(sum, std::uint64_t{writers} * seconds * 10);
    EXPECT_EQ(opened.operations({}, false, 10'000)->size(), std::size_t{writers} * seconds * 10);
}

TEST_F(database_ledger, one_of_a_newer_version_or_of_somebody_else_is_not_touched) {
    second(5);
    server().ask("UPDATE curfew.ledger SET version=99");
    begin();
    record(some_event("a", outcome::failure, 5ms, now));
    step();
    EXPECT_EQ(work->state().why.code, errc::ledger_newer);
    EXPECT_THAT(said.back(), HasSubstr("not touched"));
    EXPECT_EQ(reader::open(*how.database, time).error().why.code, errc::ledger_newer);
    server().ask("DROP SCHEMA curfew CASCADE");
    server().ask("CREATE SCHEMA curfew");
    server().ask("CREATE TABLE curfew.bookmarks(url TEXT)");
    begin();
    step();
    EXPECT_EQ(work->state().why.code, errc::ledger_foreign);
    EXPECT_EQ(server().number("SELECT count(*) FROM pg_tables WHERE schemaname='curfew'"), 1);
}

TEST_F(database_ledger, what_is_too_old_is_deleted_by_one_of_them) {
    how.rules.keep_rows = 1h;
    begin();
    for (int i = 0; i < 30; ++i)
        second(20);
    const auto before = server().number("SELECT count(*) FROM curfew.operation");
    EXPECT_GT(before, 0);
    now += 2h;
    wall += 2h;
    step();
    step(11s);
    EXPECT_EQ(server().number("SELECT count(*) FROM curfew.operation"), 0);
    ASSERT_TRUE(finish());
    EXPECT_EQ(became(fate::rows_expired), static_cast<std::uint64_t>(before));
    expect_all_stored();
}

TEST_F(database_ledger, beyond_its_size_the_oldest_rows_go_and_the_figures_stay) {
    how.rules.size_max = 1 << 20;
    begin();
    for (int i = 0; i < 60; ++i) {
        for (int n = 0; n < 500; ++n)
            record(some_event("a", outcome::failure, 5ms, now));
        step();
    }
    ASSERT_TRUE(finish());
    const auto left = server().number("SELECT count(*) FROM curfew.operation");
    EXPECT_LT(left, 15'000);
    EXPECT_GT(left, 500);
    EXPECT_EQ(became(fate::rows_trimmed), 30'000U - static_cast<std::uint64_t>(left));
    EXPECT_LE(work->state().file_bytes, std::uint64_t{3} << 20);
    expect_all_stored();
}

TEST_F(database_ledger, each_thing_that_can_be_wrong_with_it_is_one_sentence_without_a_password) {
    const auto where = [&](const std::string& url) { return database_place{url, {2s, 2s, 2s}}; };
    server().ask("DROP ROLE IF EXISTS guest");
    server().ask("CREATE ROLE guest LOGIN");
    const std::string whole = server().url();
    const std::string other = whole.substr(0, whole.rfind('/')) + "/nowhere";
    const auto missing = postgres_store::open(where(other), waits);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().said, HasSubstr("nowhere"));
    const auto no_right = postgres_store::open(where(server().url("guest", "hush")), waits);
    ASSERT_FALSE(no_right);
    EXPECT_THAT(no_right.error().said, HasSubstr("permission denied"));
    EXPECT_THAT(no_right.error().said, HasSubstr("GRANT CREATE"));
    EXPECT_THAT(no_right.error().said, Not(HasSubstr("hush")));
    const auto nobody = postgres_store::open(where("postgresql://me:hush@127.0.0.1:1/b"), waits);
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().why.code, errc::connect_refused);
    EXPECT_THAT(nobody.error().said, Not(HasSubstr("hush")));
    const auto nameless =
        postgres_store::open(where("postgresql://me:hush@nobody.invalid/b"), waits);
    ASSERT_FALSE(nameless);
    EXPECT_THAT(nameless.error().said, HasSubstr("name of its host"));
    EXPECT_EQ(reader::open(where(whole), time).error().why.code, errc::not_found);
}

}  // namespace
}  // namespace curfew::ledger
