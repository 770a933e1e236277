#include "schema.hpp"

#include "faulty_disk.hpp"
#include "ledger_scenario.hpp"

#include <sys/wait.h>

#include <csignal>

namespace curfew::ledger {
namespace {

/// A second version that does what a real one may: a column, a table that is filled from what is
/// there, and rows that are rewritten.
constexpr const char* invented = R"sql(
ALTER TABLE instance ADD COLUMN host TEXT NOT NULL DEFAULT 'here';
CREATE TABLE surface(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO surface(name) SELECT DISTINCT surface FROM series ORDER BY surface;
CREATE INDEX minute_by_series ON minute(series);
UPDATE instance SET host='there' WHERE stopped=1;
)sql";

const std::array steps{released_steps().front(), invented};
constexpr std::int64_t upgraded = 2;

class schema_test : public ledger_scenario {
  protected:
    /// A ledger of version 1 with a few hundred rows, closed.
    void make_old() {
        begin();
        random_events some{61};
        for (int second = 0; second < 5; ++second) {
            for (int i = 0; i < 60; ++i) {
                record(some.next(now));
            }
            step();
        }
        ASSERT_TRUE(finish());
        work.reset();
    }

    [[nodiscard]] result<database> open(const std::string& vfs = {}) const {
        return database::open(path, {.busy = 5s, .vfs = vfs});
    }

    [[nodiscard]] bool upgrade(const std::string& vfs = {}) const {
        auto on = open(vfs);
        return on && migrate(*on, steps);
    }

    [[nodiscard]] std::int64_t number(std::string_view sql) const {
        auto on = open();
        return on ? on->number(sql).value_or(-1) : -1;
    }

    /// Half an upgrade would show: each part of it is there, or none is.
    void expect_version(std::int64_t expected_version) const {
        const bool is_new = expected_version == upgraded;
        EXPECT_EQ(number("PRAGMA user_version"), expected_version);
        EXPECT_EQ(number("SELECT count(*) FROM sqlite_schema WHERE name='surface'"), is_new);
        EXPECT_EQ(
            number("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'minute_by%'"), is_new
        );
        EXPECT_EQ(
            number("SELECT count(*) FROM pragma_table_info('instance') WHERE name='host'"), is_new
        );
    }

    /// All that was there before is there, once.
    void expect_upgraded() {
        expect_version(upgraded);
        EXPECT_EQ(
            number("SELECT count(*) FROM surface"),
            number("SELECT count(DISTINCT surface) FROM series")
        );
        EXPECT_EQ(number("SELECT count(*) FROM instance WHERE host='there'"), 1);
        auto on = open();
        ASSERT_TRUE(on);
        ASSERT_TRUE(on->run("PRAGMA user_version=1"));  // what was added is in nobody's way
        expect_stored(path, expected);
        EXPECT_EQ(reader::open(path)->operations({}, true, 10'000)->size(), rows);
        ASSERT_TRUE(on->run("PRAGMA user_version=2"));
    }

    void keep_copy() {
        make_old();
        rows = reader::open(path)->operations({}, true, 10'000)->size();
        ASSERT_GT(rows, 50U);
        std::filesystem::copy_file(path, old);
    }

    void put_back() {
        for (const auto& each : directory.like("ledger.db")) {
            std::filesystem::remove(each);
        }
        std::filesystem::copy_file(old, path);
    }

    std::string old = directory.file("old");
    std::size_t rows = 0;
};

TEST_F(schema_test, an_upgrade_keeps_all_that_was_there) {
    keep_copy();
    auto on = open();
    ASSERT_TRUE(migrate(*on, steps));
    ASSERT_TRUE(migrate(*on, steps)) << "and a second one does nothing";
    expect_upgraded();
}

TEST_F(schema_test, a_new_file_gets_all_steps_at_once) {
    auto on = open();
    ASSERT_TRUE(migrate(*on, steps));
    expect_version(upgraded);
}

TEST_F(schema_test, what_was_upgraded_is_a_newer_ledger_to_who_was_not) {
    keep_copy();
    ASSERT_TRUE(upgrade());
    auto on = open();
    const failure newer{errc::ledger_newer, 2};
    EXPECT_EQ(migrate(*on).error(), newer);
    EXPECT_EQ(version_of(*on).error(), newer);
    EXPECT_EQ(sqlite_store::open(path, "1").error(), newer);
    EXPECT_EQ(reader::open(path).error(), newer);
    EXPECT_EQ(version_of(*on, steps), upgraded);
    expect_upgraded();
}

TEST_F(schema_test, a_step_that_fails_leaves_what_was_and_the_next_attempt_begins_anew) {
    keep_copy();
    const std::array wrong{steps[0], steps[1], "CREATE TABLE more(id); INSERT INTO nothing"};
    auto on = open();
    EXPECT_FALSE(migrate(*on, wrong));
    expect_version(1);
    EXPECT_TRUE(migrate(*on, steps));
    expect_upgraded();
}

TEST_F(schema_test, wherever_the_disk_fails_the_old_version_is_left_whole) {
    keep_copy();
    faulty_disk disk;
    bool over = false;
    std::uint64_t nth = 0;
    for (; !over && nth < 400 && !HasFailure(); ++nth) {
        SCOPED_TRACE(nth);
        put_back();
        const std::uint64_t victim = disk.operations() + nth;
        disk.before = [=](std::uint64_t n) { return n == victim ? SQLITE_FULL : SQLITE_OK; };
        over = upgrade(disk.name()) && disk.operations() <= victim;
        disk.before = nullptr;
        const auto left = number("PRAGMA user_version");
        expect_version(left);
        EXPECT_TRUE(upgrade());
        expect_upgraded();
    }
    EXPECT_TRUE(over);
    EXPECT_GT(nth, 3U);
}

TEST_F(schema_test, killed_at_any_write_it_is_the_old_version_or_the_new_one) {
    keep_copy();
    faulty_disk disk;
    bool over = false;
    std::uint64_t nth = 0;
    int as_it_was = 0;
    for (; !over && nth < 400 && !HasFailure(); ++nth) {
        SCOPED_TRACE(nth);
        put_back();
        const pid_t child = ::fork();
        if (child == 0) {
            disk.before = [nth](std::uint64_t n) {
                if (n == nth) ::kill(::getpid(), SIGKILL);
                return SQLITE_OK;
            };
            ::_exit(upgrade(disk.name()) ? 0 : 1);
        }
        int ended = 0;
        ASSERT_EQ(::waitpid(child, &ended, 0), child);
        over = WIFEXITED(ended);
        EXPECT_TRUE(!over || WEXITSTATUS(ended) == 0);
        const auto left = number("PRAGMA user_version");
        as_it_was += left == 1 ? 1 : 0;
        expect_version(left);
        EXPECT_TRUE(upgrade());
        expect_upgraded();
    }
    EXPECT_TRUE(over) << "the child never ended by itself";
    EXPECT_GT(as_it_was, 3);
}

TEST_F(schema_test, processes_that_upgrade_at_once_upgrade_once) {
    keep_copy();
    constexpr int children = 6;
    for (int round = 0; round < 5; ++round) {
        put_back();
        std::array<pid_t, children> all{};
        for (pid_t& each : all) {
            each = ::fork();
            if (each == 0) {
                ::_exit(upgrade() ? 0 : 1);
            }
        }
        for (const pid_t each : all) {
            int ended = 0;
            ASSERT_EQ(::waitpid(each, &ended, 0), each);
            EXPECT_EQ(ended, 0);
        }
        expect_upgraded();
    }
}

TEST_F(schema_test, who_waits_for_another_ones_upgrade_finds_it_done_or_says_that_it_is_busy) {
    keep_copy();
    auto mine = open();
    auto other = database::open(path, {.busy = 0s});
    ASSERT_TRUE(mine->run("BEGIN IMMEDIATE"));
    const auto refused = migrate(*other, steps);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(is_busy(refused.error()));
    ASSERT_TRUE(mine->run("ROLLBACK"));
    ASSERT_TRUE(migrate(*mine, steps));
    EXPECT_TRUE(migrate(*other, steps));
    expect_upgraded();
}

}  // namespace
}  // namespace curfew::ledger
