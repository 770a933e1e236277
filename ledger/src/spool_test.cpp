#include "batch_frame.hpp"
#include "ledger_scenario.hpp"
#include "spool_frame.hpp"
#include <curfew/ledger/place.hpp>
#include <curfew/ledger/spool.hpp>

#include <sys/wait.h>

#include <fstream>
#include <iterator>

namespace curfew::ledger {
namespace {

class spool_test : public ledger_scenario {
  protected:
    void append(const event& what) {
        ASSERT_TRUE(append_to_spool(path, what, noon));
        expected.add(what);
    }
};

TEST_F(spool_test, a_serving_writer_takes_it_over_within_seconds) {
    begin();
    step();
    const event what = some_event("pytest", outcome::timeout, 60s);
    append(what);
    ASSERT_TRUE(append_to_spool(path, mark{noon + 7s, "v2"}));
    for (int second = 0; second < 6; ++second)
        step();
    EXPECT_EQ(directory.like("ledger.db.spool").size(), 0U);
    EXPECT_TRUE(finish());
    expect_stored(path, expected);
    auto reads = reader::open(path);
    const auto rows = *reads->operations({}, true, 10);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].started, noon);
    EXPECT_EQ(reads->marks({})->at(0).text, "v2");
    EXPECT_EQ(count_of(*reads->what_became({}), fate::spool_merged), 2U);
}

TEST_F(spool_test, a_command_that_reads_takes_it_over_itself) {
    EXPECT_TRUE(merge_spool(path, noon));
    EXPECT_FALSE(std::filesystem::exists(path)) << "nothing to do makes no ledger";
    random_events some{51};
    for (int i = 0; i < 200; ++i)
        append(some.next({}));
    EXPECT_TRUE(merge_spool(path, noon));
    expect_stored(path, expected);
    EXPECT_TRUE(merge_spool(path, noon));
    expect_stored(path, expected);
}

TEST_F(spool_test, who_only_takes_it_over_is_no_process_that_was_there_to_record) {
    append(some_event("pytest", outcome::timeout, 60s));
    ASSERT_TRUE(append_to_spool(path, mark{noon, "v2"}));
    ASSERT_TRUE(merge_spool(path, noon));
    auto reads = *reader::open(path);
    EXPECT_TRUE(reads.instances({})->empty());
    EXPECT_EQ(reads.operations({}, true, 10)->at(0).instance, 0) << "of no known process";
    EXPECT_EQ(count_of(*reads.what_became({}), fate::spool_merged), 2U);
    begin();
    step();
    EXPECT_TRUE(finish());
    EXPECT_EQ(reads.instances({})->size(), 1U) << "who serves is one";
}

TEST_F(spool_test, a_merge_that_was_killed_before_it_could_remove_the_file_adds_nothing_twice) {
    for (int i = 0; i < 20; ++i)
        append(some_event("a", outcome::failure));
    const std::string copy = directory.file("copy");
    const std::string aside = directory.file("ledger.db.spool-0-1-2");
    std::filesystem::rename(spool_path(path), aside);
    std::filesystem::copy_file(aside, copy);
    ASSERT_TRUE(merge_spool(path, noon));
    EXPECT_FALSE(std::filesystem::exists(aside));
    std::filesystem::rename(copy, aside);
    ASSERT_TRUE(merge_spool(path, noon));
    EXPECT_FALSE(std::filesystem::exists(aside));
    expect_stored(path, expected);
}

TEST_F(spool_test, torn_records_are_skipped_and_counted_and_their_neighbours_are_read) {
    append(some_event("first"));
    const auto whole = spool_frame(some_event("torn"), noon);
    for (const std::size_t size : {whole.size() / 2, std::size_t{3}, whole.size() - 1}) {
        std::ofstream file{spool_path(path), std::ios::binary | std::ios::app};
        file.write(reinterpret_cast<const char*>(whole.data()), std::streamsize(size));
        file.close();
        append(some_event("neighbour"));
    }
    ASSERT_TRUE(merge_spool(path, noon));
    expect_stored(path, expected);
    EXPECT_EQ(count_of(*reader::open(path)->what_became({}), fate::spool_torn), 3U);
}

TEST_F(spool_test, empty_and_torn_batches_are_counted_and_told_and_their_neighbours_are_read) {
    batch some;
    some.take(some_event("a"), noon, 1);
    const std::string whole = encode_frame(some, {{1, "1.2.3", noon}, noon, false});
    const auto put = [&](int number, std::string_view bytes) {
        std::ofstream file{spool_path(path) + "-" + std::to_string(number), std::ios::binary};
        file << bytes;
    };
    put(1, "");
    put(2, std::string(whole.size(), '\0'));
    put(3, std::string_view{whole}.substr(0, whole.size() / 2));
    put(4, whole);
    expected.add(some_event("a"));
    begin();
    for (int second = 0; second < 6; ++second)
        step();
    EXPECT_TRUE(finish());
    EXPECT_EQ(directory.like("ledger.db.spool").size(), 0U);
    expect_stored(path, expected);
    EXPECT_EQ(count_of(*reader::open(path)->what_became({}), fate::spool_torn), 3U);
    ASSERT_EQ(said.size(), 1U);
    EXPECT_TRUE(said[0].starts_with("3 of the files that waited ")) << said[0];
}

TEST_F(spool_test, any_bytes_are_read_to_their_end_without_harm) {
    random_events some{52};
    for (int round = 0; round < 300; ++round) {
        std::vector<std::byte> bytes;
        for (int i = 0; i < 10; ++i) {
            const auto frame = spool_frame(some.next({}), noon);
            bytes.insert(bytes.end(), frame.begin(), frame.end());
        }
        for (std::uint64_t i = some.number() % 20; i > 0; --i) {
            bytes[some.number() % bytes.size()] = static_cast<std::byte>(some.number());
        }
        batch read;
        read_spool(bytes, read);
        const auto& became = read.what_became();
        EXPECT_LE(count_of(became, fate::recorded), 10U);
        EXPECT_EQ(count_of(became, fate::recorded), count_of(became, fate::spool_merged));
    }
}

TEST_F(spool_test, many_processes_append_while_it_is_merged_and_nothing_is_lost_or_doubled) {
    constexpr int children = 4;
    constexpr int each_appends = 300;
    std::array<pid_t, children> all{};
    for (pid_t& each : all) {
        each = ::fork();
        if (each == 0) {
            int failed = 0;
            for (int i = 0; i < each_appends; ++i) {
                failed += append_to_spool(path, some_event("a"), noon) ? 0 : 1;
            }
            ::_exit(failed == 0 ? 0 : 1);
        }
    }
    for (int i = 0; i < 200; ++i) {
        ASSERT_TRUE(merge_spool(path, noon + std::chrono::seconds{i}));
    }
    for (const pid_t each : all) {
        int ended = 0;
        ASSERT_EQ(::waitpid(each, &ended, 0), each);
        EXPECT_EQ(ended, 0);
    }
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(merge_spool(path, noon + 1h + i * 1s));
    EXPECT_EQ(stored_count(path), std::uint64_t{children} * each_appends);
}

TEST_F(spool_test, it_has_a_bound_and_fits_into_one_merge) {
    std::uint64_t taken = 0;
    result<> last;
    while ((last = append_to_spool(path, some_event("a"), noon)) && taken < 100'000)
        ++taken;
    EXPECT_EQ(last.error().code, errc::local_resource);
    EXPECT_LE(std::filesystem::file_size(spool_path(path)), spool_bytes_max);
    EXPECT_GT(taken, 10'000U);
    ASSERT_TRUE(merge_spool(path, noon));
    EXPECT_EQ(stored_count(path), taken);
    EXPECT_EQ(count_of(*reader::open(path)->what_became({}), fate::row_dropped), 0U);
    EXPECT_TRUE(append_to_spool(path, some_event("a"), noon));
}

TEST_F(spool_test, a_spool_that_is_a_link_to_elsewhere_is_not_followed) {
    const std::string elsewhere = directory.file("precious");
    std::ofstream{elsewhere} << "precious";
    std::filesystem::create_symlink(elsewhere, spool_path(path));
    EXPECT_FALSE(append_to_spool(path, some_event("a"), noon));
    EXPECT_EQ(std::filesystem::file_size(elsewhere), 8U);
}

TEST(place, is_where_xdg_says_or_under_home) {
    EXPECT_EQ(default_path("/var/state", "/u"), "/var/state/curfew/ledger.db");
    EXPECT_EQ(default_path(nullptr, "/u"), "/u/.local/state/curfew/ledger.db");
    EXPECT_EQ(default_path("relative", "/u"), "/u/.local/state/curfew/ledger.db");
    EXPECT_EQ(default_path("", nullptr).error().code, errc::bad_usage);
}

TEST(place, directories_are_made_for_this_user_alone_and_files_in_the_way_are_told) {
    own_directory directory;
    const std::string path = directory.file("a/b/ledger.db");
    ASSERT_TRUE(make_directory_of(path));
    EXPECT_TRUE(make_directory_of(path));
    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(directory.file("a/b")).permissions(), perms::owner_all);
    std::ofstream{directory.file("file")} << "x";
    EXPECT_EQ(make_directory_of(directory.file("file/b/ledger.db")).error().code, errc::io_error);
}

}  // namespace
}  // namespace curfew::ledger
