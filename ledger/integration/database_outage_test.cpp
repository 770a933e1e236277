#include "database_scenario.hpp"

#include <gmock/gmock.h>

#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace curfew::ledger {
namespace {

using testing::Contains;
using testing::HasSubstr;

class database_outage : public database_scenario {
  protected:
    void TearDown() override {
        if (down) {
            start_server();
        }
        if (!scratch::postgres::is_missing()) {
            server().thaw();
        }
    }

    void stop_server() {
        server().stop();
        down = true;
    }

    void start_server() {
        EXPECT_TRUE(server().run());
        down = false;
    }

    bool down = false;
};

TEST_F(database_outage, stopped_again_and_again_loses_nothing_and_counts_nothing_twice) {
    for (int round = 0; round < 4; ++round) {
        for (int i = 0; i < 3; ++i)
            second(30);
        stop_server();
        for (int i = 0; i < 5; ++i)
            EXPECT_TRUE(second(30)) << "taken, by the disk";
        EXPECT_EQ(work->state().is, status::condition::failing);
        EXPECT_GT(work->state().spooled_batches, 0U);
        start_server();
        if (round % 2 == 0) catch_up();
    }
    catch_up();
    ASSERT_TRUE(finish());
    expect_all_stored();
    EXPECT_EQ(became(fate::recorded), expected.count);
    EXPECT_EQ(became(fate::row_dropped), 0U);
    EXPECT_EQ(read().instances({})->size(), 1U);
    EXPECT_EQ(read().instances({})->at(0).last_seen, wall);
    EXPECT_TRUE(spooled().empty());
    EXPECT_THAT(said.front(), HasSubstr("waits on this disk"));
    EXPECT_THAT(said[1], HasSubstr("written again"));
}

TEST_F(database_outage, killed_backends_in_the_middle_of_batches_lose_nothing) {
    std::atomic<bool> over{false};
    second(10);
    std::thread killer{[&] {
        while (!over) {
            server().ask(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name='curfew ledger'"
            );
            std::this_thread::yield();
        }
    }};
    std::uint64_t failures = 0;
    for (int i = 0; i < 60; ++i) {
        second(40);
        failures += work->state().is == status::condition::failing ? 1 : 0;
    }
    over = true;
    killer.join();
    EXPECT_GT(failures, 0U);
    catch_up();
    ASSERT_TRUE(finish());
    expect_all_stored();
    EXPECT_EQ(became(fate::recorded), expected.count);
}

TEST_F(database_outage, frozen_it_keeps_nobody_waiting_and_loses_nothing) {
    int asked = 0;
    waits.meanwhile = [&] {
        // What a ledger's thread does meanwhile: half a second of its clock each time.
        now += 500ms;
        wall += 500ms;
        for (int i = 0; i < 10; ++i)
            record(some.next(now));
        std::array from{&tape};
        work->meanwhile(now, wall, from);
        return ++asked < 8;
    };
    second(20);
    server().freeze();
    for (int i = 0; i < 3; ++i)
        second(20);
    EXPECT_GE(asked, 8);
    EXPECT_GT(spooled().size(), 3U);
    EXPECT_EQ(work->state().is, status::condition::failing);
    server().thaw();
    asked = 0;
    catch_up();
    ASSERT_TRUE(finish());
    expect_all_stored();
    EXPECT_EQ(became(fate::recorded), expected.count);
}

TEST_F(database_outage, a_commit_that_nobody_hears_of_counts_once) {
    bool is_patient = true;
    waits.meanwhile = [&] { return is_patient; };
    second(10);
    // COMMIT takes a second, of which we wait a tenth.
    server().ask(
        "CREATE FUNCTION curfew.slow() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_sleep(1); RETURN NULL; END'"
    );
    server().ask(
        "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON curfew.merged_spool DEFERRABLE "
        "INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION curfew.slow()"
    );
    is_patient = false;
    second(10);
    EXPECT_EQ(work->state().is, status::condition::failing);
    EXPECT_EQ(spooled().size(), 1U);
    is_patient = true;
    // It was committed all the same: the next one finds it there.
    const auto patience = time.now() + 10s;
    while (server().connected("curfew ledger") > 0 && time.now() < patience)
        std::this_thread::yield();
    EXPECT_EQ(
        server().number("SELECT count(*) FROM curfew.merged_spool WHERE name LIKE '%0002'"), 1
    );
    server().ask("DROP TRIGGER slow ON curfew.merged_spool");
    catch_up();
    ASSERT_TRUE(finish());
    expect_all_stored();
    EXPECT_EQ(became(fate::recorded), expected.count);
}

TEST_F(database_outage, a_process_that_ends_meanwhile_leaves_all_of_it_to_the_next_one) {
    second(25);
    stop_server();
    second(25);
    second(25);
    EXPECT_TRUE(finish()) << "the disk has it";
    EXPECT_GE(spooled().size(), 3U);
    start_server();
    begin();
    catch_up();
    ASSERT_TRUE(finish());
    expect_all_stored();
    const auto all = read().instances({}).value();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_TRUE(all[0].stopped && all[1].stopped)
        << "it stopped in order, while nobody heard of it";
}

TEST_F(database_outage, a_process_that_is_killed_loses_no_more_than_what_it_had_not_taken) {
    for (int round = 0; round < 6; ++round) {
        std::array<int, 2> told{};
        ASSERT_EQ(::pipe(told.data()), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            how.path = directory.file("spool-of-it");
            begin();
            for (int i = 0; i < 1'000; ++i) {
                for (int n = 0; n < 10; ++n)
                    tape.record(some_event("a", outcome::failure, 5ms, now));
                step();
                (void)!::write(told[1], "x", 1);
            }
            ::_exit(0);
        }
        ::close(told[1]);
        char byte = 0;
        std::uint64_t acknowledged = 0;
        while (acknowledged < 10 && ::read(told[0], &byte, 1) == 1)
            ++acknowledged;
        if (round % 2 == 0) stop_server();
        while (acknowledged < 20 && ::read(told[0], &byte, 1) == 1)
            ++acknowledged;
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        while (::read(told[0], &byte, 1) == 1)
            ++acknowledged;
        ::close(told[0]);
        if (down) {
            start_server();
        }
        ASSERT_TRUE(merge_spool(place{path, how.database}, wall, time));
        const auto stored = became(fate::recorded);
        EXPECT_EQ(stored % 10, 0U) << "half a batch";
        EXPECT_GE(stored, acknowledged * 10);
        EXPECT_LE(stored, (acknowledged + 1) * 10);
        EXPECT_EQ(stored, read().sum({})->at(0).sums.took.count());
        server().ask("DROP SCHEMA curfew CASCADE");
    }
}

TEST_F(database_outage, what_does_not_fit_on_the_disk_waits_in_memory_and_then_is_counted) {
    how.database->spool_max = 64 << 10;
    begin();
    stop_server();
    constexpr int events = 500;
    for (int i = 0; i < 100; ++i) {
        for (int n = 0; n < events; ++n)
            record(some_event("a", outcome::failure, 5ms, now));
        step();
    }
    EXPECT_LE(work->state().spooled_bytes, 64U << 10);
    EXPECT_GT(count_of(work->state().so_far, fate::row_dropped), 0U)
        << work->state().rows_waiting << " wait, " << work->state().spooled_batches
        << " on the disk, " << count_of(work->state().so_far, fate::row_kept) << " kept, "
        << work->state().reason;
    start_server();
    catch_up();
    ASSERT_TRUE(finish());
    expect_all_stored();
    EXPECT_EQ(became(fate::recorded), expected.count);
    EXPECT_EQ(became(fate::row_kept) + became(fate::row_dropped), expected.count);
    const auto rows = server().number("SELECT count(*) FROM curfew.operation");
    EXPECT_EQ(static_cast<std::uint64_t>(rows), became(fate::row_kept));
}

TEST_F(database_outage, a_full_disk_of_the_server_is_waited_for) {
    second(10);
    // What a server says whose disk is full, in the middle of a batch.
    server().ask(
        "CREATE FUNCTION curfew.full() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RAISE ''could not extend file: No space left on device'' "
        "USING ERRCODE = ''53100''; END'"
    );
    server().ask(
        "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON curfew.minute FOR EACH ROW "
        "EXECUTE FUNCTION curfew.full()"
    );
    for (int i = 0; i < 5; ++i)
        second(10);
    EXPECT_EQ(work->state().is, status::condition::failing);
    EXPECT_THAT(said.back(), HasSubstr("No space left on device"));
    EXPECT_EQ(spooled().size(), 5U);
    server().ask("DROP TRIGGER full_disk ON curfew.minute");
    catch_up();
    ASSERT_TRUE(finish());
    expect_all_stored();
    EXPECT_EQ(became(fate::recorded), expected.count);
}

TEST_F(database_outage, a_batch_that_can_never_be_written_is_kept_and_stops_no_other) {
    second(10);
    server().ask("ALTER TABLE curfew.mark ADD CONSTRAINT picky CHECK (text <> 'never')");
    work->take_mark({wall, "never"});
    tape.record(some_event("lost with it", outcome::failure, 5ms, now));
    step();
    for (int i = 0; i < 20; ++i)
        second(10);
    catch_up();
    ASSERT_TRUE(finish());
    expect_all_stored();
    EXPECT_EQ(directory.like("spool-of-it.refused").size(), 1U);
    EXPECT_THAT(said, Contains(HasSubstr("does not take what waited for it")));
}

}  // namespace
}  // namespace curfew::ledger
