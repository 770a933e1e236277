#include "sqlite_store.hpp"

#include "ledger_scenario.hpp"
#include "schema.hpp"

#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>

namespace curfew::ledger {
namespace {

std::string content_of(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator{file}, {}};
}

void write_file(const std::string& path, const std::string& content) {
    std::ofstream{path, std::ios::binary} << content;
}

class store_test : public ledger_scenario {
  protected:
    void run_sql(const char* sql) const {
        auto on = database::open(path, {});
        ASSERT_TRUE(on);
        ASSERT_TRUE(on->run(sql));
    }

    /// A ledger with a few thousand rows, closed.
    void make_some() {
        begin();
        random_events some{41};
        for (int second = 0; second < 20; ++second) {
            for (int i = 0; i < 100; ++i)
                record(some.next(now));
            step();
        }
        ASSERT_TRUE(finish());
        work.reset();
    }
};

TEST_F(store_test, a_ledger_of_a_newer_version_is_not_touched_and_that_is_told_once) {
    make_some();
    run_sql("PRAGMA user_version=7; PRAGMA journal_mode=DELETE");
    const std::string before = content_of(path);
    EXPECT_EQ(sqlite_store::open(path, "1").error(), (failure{errc::ledger_newer, 7}));
    EXPECT_EQ(reader::open(path).error().code, errc::ledger_newer);
    begin();
    for (int second = 0; second < 200; ++second) {
        record(some_event("a", outcome::failure, 5ms, now));
        step();
    }
    EXPECT_EQ(content_of(path), before);
    ASSERT_EQ(said.size(), 1U);
    EXPECT_NE(said[0].find("newer"), std::string::npos) << said[0];
    EXPECT_NE(said[0].find("not touched"), std::string::npos) << said[0];
    EXPECT_EQ(work->state().is, status::condition::failing);
    EXPECT_FALSE(finish());
}

TEST_F(store_test, a_file_of_somebody_else_is_not_touched) {
    for (const std::string& content :
         {std::string{"export PATH=/usr/bin\n"}, std::string(5'000, 'x')}) {
        write_file(path, content);
        begin();
        record(some_event("a"));
        for (int second = 0; second < 5; ++second)
            step();
        EXPECT_EQ(content_of(path), content);
        EXPECT_EQ(work->state().why.code, errc::ledger_foreign);
    }
    std::filesystem::remove(path);
    run_sql("CREATE TABLE bookmarks(url TEXT)");
    const std::string before = content_of(path);
    begin();
    step();
    EXPECT_EQ(content_of(path), before);
    EXPECT_EQ(work->state().why.code, errc::ledger_foreign);
    EXPECT_EQ(reader::open(path).error().code, errc::ledger_foreign);
}

TEST_F(store_test, an_empty_file_becomes_a_ledger) {
    write_file(path, "");
    begin();
    record(some_event("a", outcome::success, 5ms, now));
    step();
    EXPECT_TRUE(finish());
    expect_stored(path, expected);
}

TEST_F(store_test, an_upgrade_that_fails_leaves_the_version_that_was) {
    run_sql("PRAGMA application_id=1129464407; CREATE TABLE series(id INTEGER PRIMARY KEY)");
    run_sql("PRAGMA user_version=0");
    EXPECT_FALSE(sqlite_store::open(path, "1"));
    auto on = database::open(path, {});
    EXPECT_EQ(on->number("SELECT count(*) FROM sqlite_schema").value(), 1);
    EXPECT_EQ(on->number("PRAGMA user_version").value(), 0);
}

TEST_F(store_test, a_damaged_ledger_is_set_aside_by_name_and_a_new_one_is_begun) {
    make_some();
    std::string bytes = content_of(path);
    const std::string damaged = bytes.replace(0, 4'096, 4'096, '\0');
    write_file(path, damaged);
    expected = {};
    begin();
    for (int second = 0; second < 3; ++second) {
        record(some_event("a", outcome::failure, 5ms, now));
        step();
    }
    const auto aside = directory.like("ledger.db.damaged-20261121T1200");
    ASSERT_EQ(aside.size(), 1U);
    EXPECT_EQ(content_of(aside[0]), damaged);
    EXPECT_EQ(work->state().set_aside, aside[0]);
    EXPECT_EQ(work->state().is, status::condition::storing);
    ASSERT_EQ(said.size(), 1U);
    EXPECT_NE(said[0].find(aside[0]), std::string::npos) << said[0];
    EXPECT_TRUE(finish());
    expect_stored(path, expected);
}

TEST_F(store_test, one_that_is_damaged_behind_its_beginning_is_set_aside_when_it_is_written) {
    make_some();
    const std::string sound = content_of(path);
    ASSERT_GT(sound.size(), 3U * 4'096);
    std::string damaged = sound;
    std::mt19937_64 random{7};
    for (std::size_t at = 4'096; at < damaged.size(); ++at)
        damaged[at] = static_cast<char>(random());
    write_file(path, damaged);
    expected = {};
    begin();
    for (int second = 0; second < 10; ++second) {
        record(some_event("a", outcome::failure, 5ms, now));
        step();
    }
    EXPECT_EQ(directory.like("ledger.db.damaged-20261121T1200").size(), 1U);
    EXPECT_EQ(work->state().is, status::condition::storing);
    EXPECT_TRUE(finish());
    expect_stored(path, expected);
}

TEST_F(store_test, bytes_wrong_anywhere_end_in_storing_again_or_in_a_failure_that_is_told) {
    make_some();
    const std::string sound = content_of(path);
    std::mt19937_64 random{42};
    int set_aside = 0;
    for (int round = 0; round < 150; ++round) {
        std::string bytes = sound;
        for (int i = 0; i < 40; ++i)
            bytes[random() % bytes.size()] = static_cast<char>(random());
        if (round % 5 == 0) bytes.resize(random() % bytes.size());
        if (round % 3 == 0) bytes[random() % 100] = static_cast<char>(random());
        for (const auto& each : directory.like("ledger.db"))
            std::filesystem::remove(each);
        write_file(path, bytes);
        said.clear();
        begin();
        for (int second = 0; second < 40; ++second) {
            record(some_event("GET /3", outcome::failure, 5ms, now));
            step();
        }
        const status told = work->state();
        if (told.is == status::condition::failing) {
            EXPECT_FALSE(said.empty());
        } else {
            EXPECT_EQ(told.is, status::condition::storing);
        }
        set_aside += told.set_aside.empty() ? 0 : 1;
        finish();
        if (auto reads = reader::open(path)) {
            (void)reads->sum({});
            (void)reads->operations({}, true, 100);
            (void)reads->find(1, 2);
        }
    }
    EXPECT_GT(set_aside, 10);
}

TEST_F(store_test, a_read_only_directory_is_told_once_and_used_when_it_can_be) {
    if (::geteuid() == 0) {
        // Root may write everywhere, so the place is taken by something that is no file.
        std::filesystem::create_directory(path);
    } else {
        ::chmod(path.substr(0, path.rfind('/')).c_str(), 0500);
    }
    begin();
    for (int second = 0; second < 100; ++second) {
        record(some_event("a", outcome::failure, 5ms, now));
        step();
    }
    EXPECT_EQ(said.size(), 1U);
    EXPECT_EQ(work->state().is, status::condition::failing);
    ::chmod(path.substr(0, path.rfind('/')).c_str(), 0700);
    std::filesystem::remove(path);
    for (int second = 0; second < 61; ++second)
        step();
    EXPECT_EQ(said.size(), 2U);
    EXPECT_TRUE(finish());
    expect_stored(path, expected);
}

TEST_F(store_test, a_ledger_that_was_moved_away_is_begun_anew) {
    begin();
    record(some_event("a", outcome::success, 5ms, now));
    step();
    std::filesystem::rename(path, path + ".old");
    std::filesystem::rename(path + "-wal", path + ".old-wal");
    record(some_event("b", outcome::success, 5ms, now));
    step();
    EXPECT_TRUE(finish());
    EXPECT_EQ(stored_count(path), 1U);
    EXPECT_EQ(stored_count(path + ".old"), 1U);
}

TEST_F(store_test, two_writers_on_one_file_both_count_everything) {
    begin();
    recorder other_tape{1 << 20};
    writer other{how, [](std::string_view) {}, waits};
    random_events some{43};
    for (int second = 0; second < 60; ++second) {
        for (int i = 0; i < 50; ++i) {
            const event what = some.next(now);
            if (some.number() % 2 == 0) {
                record(what);
            } else {
                other_tape.record(what);
                expected.add(what);
            }
        }
        step();
        std::array from{&other_tape};
        other.step(now, wall, from);
    }
    std::array from{&other_tape};
    EXPECT_TRUE(other.finish(now, wall, from));
    EXPECT_TRUE(finish());
    expect_stored(path, expected);
    EXPECT_EQ(reader::open(path)->instances({})->size(), 2U);
    EXPECT_TRUE(said.empty());
}

TEST_F(store_test, two_processes_that_begin_at_once_share_one_ledger) {
    constexpr int children = 4;
    std::array<pid_t, children> all{};
    for (pid_t& each : all) {
        each = ::fork();
        if (each == 0) {
            begin();
            bool whole = false;
            for (int second = 0; second < 20 || (!whole && second < 2'000); ++second) {
                if (second < 20) tape.record(some_event("a", outcome::failure, 5ms, now));
                whole = step();
            }
            ::_exit(finish() ? 0 : 1);
        }
    }
    for (const pid_t each : all) {
        int ended = 0;
        ASSERT_EQ(::waitpid(each, &ended, 0), each);
        EXPECT_EQ(ended, 0);
    }
    EXPECT_EQ(stored_count(path), 20U * children);
    EXPECT_EQ(reader::open(path)->instances({})->size(), std::size_t{children});
}

TEST_F(store_test, a_lock_that_others_hold_is_waited_for_in_short_pieces_and_nothing_is_lost) {
    begin();
    step();
    auto on = database::open(path, {});
    ASSERT_TRUE(on->run("BEGIN IMMEDIATE"));
    for (const std::size_t sentences : {0, 0, 1}) {
        record(some_event("a", outcome::failure, 5ms, now));
        step(keeper::busy_patience / 2);
        EXPECT_EQ(said.size(), sentences);
    }
    ASSERT_TRUE(on->run("ROLLBACK"));
    step();
    EXPECT_EQ(said.size(), 2U);
    EXPECT_TRUE(finish());
    expect_stored(path, expected);
}

TEST_F(store_test, a_ledger_that_may_not_be_written_can_be_read) {
    make_some();
    ::chmod(path.c_str(), 0444);
    ::chmod(path.substr(0, path.rfind('/')).c_str(), 0555);
    const pid_t child = ::fork();
    if (child == 0) {
        constexpr uid_t nobody = 65'534;  // root may write everywhere
        const bool plain = ::geteuid() != 0 || ::setuid(nobody) == 0;
        ::_exit(plain && stored_count(path) == expected.count ? 0 : 1);
    }
    int ended = 0;
    ASSERT_EQ(::waitpid(child, &ended, 0), child);
    EXPECT_EQ(ended, 0);
}

TEST_F(store_test, trouble_that_comes_and_goes_is_not_told_every_time) {
    const std::string moved = " was moved away or removed: a new one is begun";
    begin();
    for (int second = 0; second < 50; ++second) {
        std::filesystem::remove(path);
        if (second % 2 == 0) {
            std::filesystem::create_directory(path);
        }
        record(some_event("a", outcome::failure, 5ms, now));
        step();
    }
    EXPECT_EQ(said.size(), 3U) << testing::PrintToString(said);
    EXPECT_EQ(std::ranges::count(said, "the ledger " + path + moved), 1);
}

TEST_F(store_test, a_reader_tells_what_there_is_not) {
    EXPECT_EQ(reader::open(path).error().code, errc::io_error);
    begin();
    record(some_event("a", outcome::timeout, 30s, now));
    step();
    EXPECT_TRUE(finish());
    auto reads = *reader::open(path);
    const range later{noon + 2h, noon + 3h};
    EXPECT_TRUE(reads.sum({.when = later})->empty());
    EXPECT_TRUE(reads.sum({.name = "b"})->empty());
    EXPECT_TRUE(reads.sum({.where = surface::cache})->empty());
    EXPECT_TRUE(reads.operations({.ended = outcome::failure}, true, 10)->empty());
    EXPECT_EQ(reads.operations({.name = "a", .ended = outcome::timeout}, true, 10)->size(), 1U);
    EXPECT_TRUE(reads.operations({}, true, 0)->empty());
    EXPECT_TRUE(reads.instances(later)->empty());
    EXPECT_TRUE(reads.marks(later)->empty());
    EXPECT_EQ(*reads.what_became(later), fates{});
}

}  // namespace
}  // namespace curfew::ledger
