#include "faulty_disk.hpp"

#include "ledger_scenario.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <new>

namespace curfew::ledger {

namespace {

faulty_disk* current = nullptr;

/// Our file, and behind it in memory the real one.
struct watched_file {
    sqlite3_file base;
    sqlite3_file* real;
};

sqlite3_file* real_of(sqlite3_file* file) {
    return reinterpret_cast<watched_file*>(file)->real;
}

template <auto Member, class... Arguments>
int pass(sqlite3_file* file, Arguments... arguments) {
    sqlite3_file* real = real_of(file);
    return (real->pMethods->*Member)(real, arguments...);
}

template <auto Member, class... Arguments>
int pass_if_allowed(sqlite3_file* file, Arguments... arguments) {
    const int verdict = current->ask();
    return verdict == SQLITE_OK ? pass<Member>(file, arguments...) : verdict;
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    const int verdict = current->ask();
    if (verdict == SQLITE_OK) {
        return pass<&sqlite3_io_methods::xWrite>(file, bytes, size, at);
    }
    if (current->tear) {
        (void)pass<&sqlite3_io_methods::xWrite>(file, bytes, size / 2, at);
    }
    return verdict;
}

int sync(sqlite3_file* file, int how) {
    const int code = pass_if_allowed<&sqlite3_io_methods::xSync>(file, how);
    if (code == SQLITE_OK && current->on_sync) {
        current->on_sync();
    }
    return code;
}

void barrier(sqlite3_file* file) {
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

using io = sqlite3_io_methods;

constexpr sqlite3_io_methods methods{
    .iVersion = 2,
    .xClose = pass<&io::xClose>,
    .xRead = pass<&io::xRead, void*, int, sqlite3_int64>,
    .xWrite = write,
    .xTruncate = pass_if_allowed<&io::xTruncate, sqlite3_int64>,
    .xSync = sync,
    .xFileSize = pass<&io::xFileSize, sqlite3_int64*>,
    .xLock = pass<&io::xLock, int>,
    .xUnlock = pass<&io::xUnlock, int>,
    .xCheckReservedLock = pass<&io::xCheckReservedLock, int*>,
    .xFileControl = pass<&io::xFileControl, int, void*>,
    .xSectorSize = pass<&io::xSectorSize>,
    .xDeviceCharacteristics = pass<&io::xDeviceCharacteristics>,
    .xShmMap = pass<&io::xShmMap, int, int, int, volatile void**>,
    .xShmLock = pass<&io::xShmLock, int, int, int>,
    .xShmBarrier = barrier,
    .xShmUnmap = pass<&io::xShmUnmap, int>,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

sqlite3_vfs* usual(sqlite3_vfs* ours) {
    return static_cast<sqlite3_vfs*>(ours->pAppData);
}

int open(sqlite3_vfs* ours, sqlite3_filename name, sqlite3_file* file, int flags, int* out) {
    auto* watched = reinterpret_cast<watched_file*>(file);
    watched->real = reinterpret_cast<sqlite3_file*>(watched + 1);
    watched->base.pMethods = nullptr;
    const int code = usual(ours)->xOpen(usual(ours), name, watched->real, flags, out);
    if (code == SQLITE_OK) {
        watched->base.pMethods = &methods;
    }
    return code;
}

int remove(sqlite3_vfs* ours, const char* name, int sync) {
    const int verdict = current->ask();
    return verdict == SQLITE_OK ? usual(ours)->xDelete(usual(ours), name, sync) : verdict;
}

}  // namespace

faulty_disk::faulty_disk() {
    sqlite3_vfs* below = sqlite3_vfs_find(nullptr);
    vfs_ = *below;
    vfs_.pNext = nullptr;
    vfs_.zName = "curfew-faulty";
    vfs_.pAppData = below;
    vfs_.szOsFile = static_cast<int>(sizeof(watched_file)) + below->szOsFile;
    vfs_.xOpen = open;
    vfs_.xDelete = remove;
    sqlite3_vfs_register(&vfs_, 0);
    current = this;
}

faulty_disk::~faulty_disk() {
    current = nullptr;
    sqlite3_vfs_unregister(&vfs_);
}

namespace {

bool is_whole(const std::string& path) {
    sqlite3* on = nullptr;
    sqlite3_open_v2(path.c_str(), &on, SQLITE_OPEN_READWRITE, nullptr);
    bool sound = false;
    sqlite3_exec(
        on,
        "PRAGMA integrity_check",
        [](void* to, int, char** values, char**) {
            *static_cast<bool*>(to) = std::string_view{values[0]} == "ok";
            return 0;
        },
        &sound,
        nullptr
    );
    sqlite3_close(on);
    return sound;
}

class disk_test : public ledger_scenario {
  protected:
    faulty_disk disk;
};

TEST_F(disk_test, while_the_disk_is_full_figures_wait_and_afterwards_nothing_is_missing) {
    begin(disk.name());
    random_events some{31};
    for (int second = 0; second < 600; ++second) {
        const bool full = second >= 100 && second < 400;
        disk.before = [full](std::uint64_t) { return full ? SQLITE_FULL : SQLITE_OK; };
        for (int i = 0; i < 20; ++i)
            record(some.next(now));
        step();
        if (second == 300) {
            const status told = work->state();
            EXPECT_EQ(told.is, status::condition::failing);
            EXPECT_EQ(told.reason, "database or disk is full");
            EXPECT_EQ(told.failing_since, noon + 101s);
            EXPECT_GT(told.rows_waiting, 100U);
        }
    }
    EXPECT_TRUE(finish());
    expect_stored(path, expected);
    ASSERT_EQ(said.size(), 2U);
    EXPECT_NE(said[0].find("disk is full"), std::string::npos) << said[0];
    EXPECT_NE(said[1].find("is written again"), std::string::npos) << said[1];
    EXPECT_TRUE(is_whole(path));
    const auto processes = reader::open(path)->instances({});
    ASSERT_TRUE(processes);
    ASSERT_EQ(processes->size(), 1U) << "who comes back is who was there before";
    EXPECT_TRUE(processes->front().stopped);
}

TEST_F(disk_test, a_full_disk_from_the_first_moment_on_is_no_different) {
    disk.before = [](std::uint64_t) { return SQLITE_FULL; };
    begin(disk.name());
    for (int second = 0; second < 100; ++second) {
        record(some_event("a", outcome::failure, 5ms, now));
        step();
    }
    EXPECT_EQ(work->state().is, status::condition::failing);
    disk.before = nullptr;
    for (int second = 0; second < 61; ++second)
        step();
    EXPECT_EQ(work->state().is, status::condition::storing);
    EXPECT_TRUE(finish());
    expect_stored(path, expected);
}

// Each operation on the disk fails once, with each kind of failure, whole or half done.
TEST_F(disk_test, wherever_the_disk_fails_once_every_count_arrives_exactly_once) {
    const auto story = [&](const std::string& file) {
        path = file;
        expected = {};
        begin(disk.name());
        random_events some{32};
        for (int second = 0; second < 6; ++second) {
            for (int i = 0; i < 40; ++i)
                record(some.next(now));
            step();
        }
        for (int second = 0; second < 3; ++second)
            step();
        return finish();
    };
    disk.before = nullptr;
    ASSERT_TRUE(story(directory.file("all.db")));
    const std::uint64_t operations = disk.operations();
    ASSERT_GT(operations, 40U);
    int round = 0;
    for (const int failure : {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC}) {
        disk.tear = failure == SQLITE_IOERR_WRITE;
        for (std::uint64_t nth = 0; nth < operations; nth += 1 + operations / 30) {
            const std::uint64_t victim = disk.operations() + nth;
            disk.before = [&](std::uint64_t n) { return n == victim ? failure : SQLITE_OK; };
            ASSERT_TRUE(story(directory.file("once" + std::to_string(++round) + ".db"))) << nth;
            disk.before = nullptr;
            expect_stored(path, expected);
            EXPECT_TRUE(is_whole(path)) << nth;
            ASSERT_FALSE(HasFailure()) << "operation " << nth << " failed with " << failure;
        }
    }
}

TEST_F(disk_test, what_was_deleted_is_told_wherever_the_disk_fails_then) {
    begin();
    for (int i = 0; i < 4'000; ++i)
        record(some_event("GET /a/b/c/d", outcome::failure, 5ms, now));
    ASSERT_TRUE(finish());
    const std::string whole = path;
    how.rules.size_max = 64 << 10;
    bool over = false;
    int told_all_the_same = 0;
    for (std::uint64_t nth = 0; !over && nth < 400 && !HasFailure(); ++nth) {
        path = directory.file("trimmed" + std::to_string(nth) + ".db");
        std::filesystem::copy_file(whole, path);
        auto opened = sqlite_store::open(path, "1", disk.name());
        ASSERT_TRUE(opened);
        const std::uint64_t victim = disk.operations() + nth;
        disk.before = [=](std::uint64_t n) { return n == victim ? SQLITE_FULL : SQLITE_OK; };
        const auto told = opened->trim(how.rules, wall, 1'000);
        over = disk.operations() <= victim;
        disk.before = nullptr;
        const auto left = reader::open(path)->operations({}, true, 10'000)->size();
        EXPECT_EQ(left + (told ? told->rows_trimmed : 0), expected.count) << nth;
        told_all_the_same += told && told->pages_kept ? 1 : 0;
        EXPECT_TRUE(!over || (told && !told->pages_kept));
    }
    EXPECT_TRUE(over);
    EXPECT_GT(told_all_the_same, 0);
}

TEST_F(disk_test, a_slow_disk_costs_what_the_ring_cannot_hold_and_that_is_counted) {
    std::uint64_t offered = 0;
    disk.before = [&](std::uint64_t) {
        // While the writer waits for the disk, requests go on.
        for (int i = 0; i < 500; ++i) {
            tape.record(some_event("a", outcome::failure, 5ms, now));
            ++offered;
        }
        return SQLITE_OK;
    };
    begin(disk.name());
    for (int second = 0; second < 5; ++second)
        step();
    disk.before = nullptr;
    step();
    EXPECT_TRUE(finish());
    const auto became = *reader::open(path)->what_became({});
    EXPECT_GT(count_of(became, fate::ring_full_failure), 0U);
    EXPECT_EQ(stored_count(path) + count_of(became, fate::ring_full_failure), offered);
}

// The child dies by SIGKILL at its Nth operation on the disk. Rows and figures of one transaction
// must be there together or not at all, and the file must be sound.
TEST_F(disk_test, killed_at_any_write_the_ledger_is_whole_and_goes_on) {
    constexpr int events_a_second = 30;
    constexpr int seconds = 3;
    const auto live = [&](std::uint64_t killed_at) {
        disk.before = [=](std::uint64_t n) {
            if (n == killed_at) ::kill(::getpid(), SIGKILL);
            return SQLITE_OK;
        };
        begin(disk.name());
        for (int second = 0; second < seconds; ++second) {
            for (int i = 0; i < events_a_second; ++i) {
                record(some_event("a", outcome::failure, 5ms, now));
            }
            step();
        }
        finish();
    };
    std::uint64_t rounds = 0;
    std::uint64_t survivors = 0;
    for (bool over = false; !over && rounds < 400; ++rounds) {
        path = directory.file("killed" + std::to_string(rounds) + ".db");
        const pid_t child = ::fork();
        if (child == 0) {
            live(rounds);
            ::_exit(0);
        }
        int ended = 0;
        ASSERT_EQ(::waitpid(child, &ended, 0), child);
        over = WIFEXITED(ended);
        expected = {};
        begin();
        step();
        ASSERT_TRUE(finish()) << rounds;
        ASSERT_TRUE(is_whole(path)) << rounds;
        const std::uint64_t stored = stored_count(path);
        EXPECT_EQ(stored % events_a_second, 0U) << "half a transaction, killed at " << rounds;
        EXPECT_EQ(reader::open(path)->operations({}, false, 10'000)->size(), stored);
        survivors += stored > 0 ? 1 : 0;
        if (over) EXPECT_EQ(stored, std::uint64_t{seconds} * events_a_second);
    }
    EXPECT_GT(rounds, 25U);
    EXPECT_LT(rounds, 400U) << "the child never ended by itself";
    EXPECT_GT(survivors, rounds / 4);
}

}  // namespace
}  // namespace curfew::ledger
