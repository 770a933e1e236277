#pragma once

#include "ledger_scenario.hpp"
#include "postgres_store.hpp"
#include <curfew/clients/testing/postgres.hpp>
#include <curfew/ledger/spool.hpp>

#include <array>
#include <memory>
#include <string>

namespace curfew::ledger {

/// A server for all tests of this program, started once.
inline scratch::postgres& server() {
    static const auto one = scratch::postgres::start();
    EXPECT_TRUE(one) << "PostgreSQL does not start";
    return *one;
}

/// A writer without its thread, on a ledger in a database that is empty at first; clocks by hand,
/// but sockets are waited for in real time.
class database_scenario : public ledger_scenario {
  protected:
    void SetUp() override {
        if (scratch::postgres::is_missing()) {
            GTEST_SKIP() << "no PostgreSQL on this machine";
        }
        server().ask("DROP SCHEMA IF EXISTS curfew CASCADE");
        begin_in(server().url());
    }

    void begin_in(const std::string& url) {
        how.database = database_place{url, {5s, 5s, 5s}};
        path = directory.file("spool-of-it");
        begin();
    }

    [[nodiscard]] reader read() const {
        auto opened = reader::open(*how.database, time);
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().said);
        return *std::move(opened);
    }

    void expect_all_stored() {
        auto opened = read();
        const auto sums = opened.sum({});
        ASSERT_TRUE(sums) << opened.reason();
        ASSERT_EQ(sums->size(), expected.sums.size());
        auto at = expected.sums.begin();
        for (const auto& each : *sums) {
            EXPECT_EQ(each.what, at->first);
            expect_same(each.sums, *at->second);
            ++at;
        }
    }

    [[nodiscard]] std::uint64_t became(fate what) {
        return count_of(read().what_became({}).value_or(fates{}), what);
    }

    /// A second with so many random events in it.
    bool second(int events) {
        for (int i = 0; i < events; ++i) {
            record(some.next(now));
        }
        return step();
    }

    /// Until nothing waits on the disk, or for so many seconds of its clock.
    void catch_up(int seconds = 300) {
        for (int i = 0; i < seconds; ++i) {
            step();
            if (work->state().is == status::condition::storing &&
                work->state().spooled_batches == 0) {
                return;
            }
        }
        ADD_FAILURE() << work->state().spooled_batches << " wait: " << work->state().reason;
    }

    [[nodiscard]] std::vector<std::string> spooled() const {
        return directory.like("spool-of-it.spool");
    }

    random_events some{std::random_device{}()};
};

}  // namespace curfew::ledger
