#include "series_names.hpp"

#include "ledger_scenario.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace curfew::ledger {
namespace {

using ::testing::ElementsAre;

template <class T>
std::vector<std::string_view> names() {
    std::vector<std::string_view> all;
    for (unsigned i = 0; i <= last_number<T>; ++i) {
        all.push_back(to_string(static_cast<T>(i)));
    }
    return all;
}

// What is in files out there. A name that goes or changes makes their rows unreadable. One that
// comes makes older Curfews answer `ledger_newer`, and a stage needs a step of the schema too: it
// is stored by its number. Then it may be added here.
TEST(series_names, are_those_that_files_have) {
    EXPECT_THAT(
        names<surface>(),
        ElementsAre(
            "http",
            "websocket",
            "database",
            "cache",
            "bus",
            "agent",
            "command",
            "test",
            "startup",
            "supervisor",
            "policy"
        )
    );
    EXPECT_THAT(
        names<outcome>(), ElementsAre("success", "failure", "timeout", "cancelled", "ignored")
    );
    EXPECT_THAT(
        names<cause_kind>(),
        ElementsAre(
            "completed",
            "own_timeout",
            "inherited_deadline",
            "cancelled",
            "shed",
            "breaker_open",
            "shutdown",
            "rejected",
            "failed"
        )
    );
    EXPECT_THAT(
        names<shed_reason>(),
        ElementsAre(
            "none",
            "queue_full",
            "queue_timeout",
            "in_flight",
            "route_share",
            "abandoned",
            "upstream_down",
            "no_time_left",
            "memory",
            "rate"
        )
    );
    EXPECT_THAT(
        names<stage>(),
        ElementsAre(
            "receive",
            "queue",
            "start",
            "resolve",
            "connect",
            "handshake",
            "attempt",
            "backoff",
            "body",
            "run",
            "other"
        )
    );
}

TEST(series_names, fates_are_those_that_files_have) {
    std::vector<std::string_view> all;
    for (std::size_t i = 0; i < fate_count; ++i) {
        all.push_back(to_string(static_cast<fate>(i)));
    }
    EXPECT_THAT(
        all,
        ElementsAre(
            "recorded",
            "row_kept",
            "row_sampled_out",
            "row_dropped",
            "figures_dropped",
            "ring_full_success",
            "ring_full_failure",
            "ring_full_timeout",
            "ring_full_cancelled",
            "ring_full_ignored",
            "text_cut",
            "rows_expired",
            "minutes_expired",
            "rows_trimmed",
            "minutes_trimmed",
            "spool_merged",
            "spool_torn",
            "spool_foreign",
            "clock_stepped"
        )
    );
}

TEST(series_names, errors_are_those_that_files_have) {
    std::vector<std::string_view> ids;
    for (const errc_entry& each : errc_table()) {
        ids.push_back(each.id);
    }
    const std::array<std::string_view, 59> stored{
        "bad-usage",
        "policy-invalid",
        "policy-unreadable",
        "bad-request",
        "framing",
        "header-too-large",
        "uri-too-long",
        "body-too-large",
        "client-too-slow",
        "expectation-failed",
        "method-not-implemented",
        "coding-not-implemented",
        "upgrade-not-implemented",
        "version-not-supported",
        "misdirected",
        "not-found",
        "method-not-allowed",
        "unauthorized",
        "forbidden",
        "own-timeout",
        "inherited-deadline",
        "cancelled",
        "queue-full",
        "queue-timeout",
        "in-flight-cap",
        "route-share",
        "abandoned-cap",
        "breaker-open",
        "no-time-left",
        "memory-pressure",
        "shutting-down",
        "resolve-failed",
        "resolve-timeout",
        "connect-refused",
        "connect-timeout",
        "connect-failed",
        "upstream-reset",
        "upstream-closed",
        "upstream-protocol",
        "upstream-down",
        "database-login",
        "database-full",
        "database-conflict",
        "database-refused",
        "result-too-large",
        "command-not-found",
        "command-not-executable",
        "command-failed",
        "command-hung",
        "keeper-lost",
        "crash-loop",
        "address-in-use",
        "address-denied",
        "local-resource",
        "io-error",
        "ledger-newer",
        "ledger-foreign",
        "ledger-corrupt",
        "internal",
    };
    EXPECT_TRUE(std::ranges::equal(ids, stored)) << ::testing::PrintToString(ids);
}

class unknown_names : public ledger_scenario {
  protected:
    void rewrite(const std::string& column, const std::string& name) {
        auto on = database::open(path, {});
        ASSERT_TRUE(on);
        ASSERT_TRUE(on->run(("UPDATE series SET " + column + "='" + name + "'").c_str()));
    }
};

TEST_F(unknown_names, are_of_a_newer_curfew_and_no_damage) {
    begin();
    record(some_event("a", outcome::timeout, 30s, now));
    step();
    ASSERT_TRUE(finish());
    auto reads = *reader::open(path);
    for (const std::string column : {"surface", "outcome", "cause", "reason", "error"}) {
        const std::string before = column == "surface"   ? "http"
                                   : column == "outcome" ? "timeout"
                                   : column == "cause"   ? "own_timeout"
                                   : column == "reason"  ? "none"
                                                         : "";
        rewrite(column, "of-the_future2");
        EXPECT_EQ(reads.sum({}).error().code, errc::ledger_newer) << column;
        EXPECT_EQ(reads.operations({}, true, 10).error().code, errc::ledger_newer) << column;
        EXPECT_EQ(reads.find(1, 2).error().code, errc::ledger_newer) << column;
        for (const std::string damaged : {"Http", "ht\x7fp", "\xff", " "}) {
            rewrite(column, damaged);
            EXPECT_EQ(reads.sum({}).error().code, errc::ledger_corrupt) << column << damaged;
        }
        rewrite(column, before);
        EXPECT_TRUE(reads.sum({})) << column;
    }
    rewrite("outcome", "");
    EXPECT_EQ(reads.sum({}).error().code, errc::ledger_corrupt);
}

TEST_F(unknown_names, keep_nobody_from_writing) {
    begin();
    record(some_event("a", outcome::timeout, 30s, now));
    step();
    rewrite("cause", "of_the_future");
    record(some_event("b", outcome::timeout, 30s, now));
    step();
    EXPECT_TRUE(finish());
    EXPECT_TRUE(said.empty());
    EXPECT_TRUE(directory.like("ledger.db.damaged").empty());
    rewrite("cause", "own_timeout");
    expect_stored(path, expected);
}

}  // namespace
}  // namespace curfew::ledger
