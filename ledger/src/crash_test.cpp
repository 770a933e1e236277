#include "faulty_disk.hpp"
#include "ledger_scenario.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>

namespace curfew::ledger {

namespace {

/// What a child has been told is written, where its parent can see it after its death.
class shared_count {
  public:
    shared_count()
        : at_{static_cast<int*>(::mmap(
              nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0
          ))} {}

    shared_count(const shared_count&) = delete;
    shared_count& operator=(const shared_count&) = delete;

    ~shared_count() { ::munmap(at_, sizeof(int)); }

    int& operator*() const { return *at_; }

  private:
    int* at_;
};

class crash_test : public ledger_scenario {
  protected:
    static constexpr int seconds = 4;
    static constexpr int events_a_second = 25;

    /// Four seconds of random events. `crash` is asked before each operation on the disk.
    void live(const std::function<int(std::uint64_t)>& crash, int& acknowledged) {
        disk.before = crash;
        begin(disk.name());
        random_events some{seed};
        for (int second = 0; second < seconds; ++second) {
            for (int i = 0; i < events_a_second; ++i) {
                record(some.next(now));
            }
            acknowledged += step() ? 1 : 0;
        }
        finish();
    }

    /// The first so many seconds of the same.
    [[nodiscard]] truth truth_of(std::uint64_t count) const {
        truth made;
        random_events some{seed};
        time_point at{1h};
        for (std::uint64_t i = 0; i < count; ++i) {
            at += i > 0 && i % events_a_second == 0 ? 1s : 0s;
            made.add(some.next(at));
        }
        return made;
    }

    /// Opens it as the next process would, and holds it against the truth.
    void expect_a_whole_beginning(int acknowledged) {
        begin();
        step();
        ASSERT_TRUE(finish());
        EXPECT_TRUE(directory.like(path.substr(path.rfind('/') + 1) + ".damaged").empty());
        const std::uint64_t stored = stored_count(path);
        EXPECT_EQ(stored % events_a_second, 0U) << "half a transaction";
        EXPECT_GE(stored, static_cast<std::uint64_t>(acknowledged) * events_a_second);
        expect_stored(path, truth_of(stored));
    }

    const std::uint64_t seed = std::random_device{}();
    faulty_disk disk;
};

TEST_F(crash_test, killed_at_any_operation_nothing_acknowledged_is_lost_and_sums_are_the_truth) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    shared_count acknowledged;
    int acknowledged_most = 0;
    bool over = false;
    std::uint64_t nth = 0;
    for (; !over && nth < 400 && !HasFailure(); ++nth) {
        path = directory.file("killed" + std::to_string(nth) + ".db");
        *acknowledged = 0;
        const pid_t child = ::fork();
        if (child == 0) {
            const auto kill = [nth](std::uint64_t operation) {
                if (operation == nth) ::kill(::getpid(), SIGKILL);
                return SQLITE_OK;
            };
            live(kill, *acknowledged);
            ::_exit(0);
        }
        int ended = 0;
        ASSERT_EQ(::waitpid(child, &ended, 0), child);
        over = WIFEXITED(ended);
        acknowledged_most = std::max(acknowledged_most, *acknowledged);
        SCOPED_TRACE("killed at operation " + std::to_string(nth));
        expect_a_whole_beginning(*acknowledged);
    }
    EXPECT_TRUE(over) << "the child never ended by itself";
    EXPECT_GT(nth, 25U);
    EXPECT_EQ(acknowledged_most, seconds);
}

std::string contents(const std::string& file) {
    std::ifstream from{file, std::ios::binary};
    return {std::istreambuf_iterator{from}, {}};
}

/// A disk that loses its power: what was not synced is lost, or half of it, in any order of pages.
class losing_disk {
  public:
    explicit losing_disk(const std::string& path, std::uint64_t seed)
        : files_{path, path + "-wal"}, random_{seed} {}

    /// All that is written now will be there.
    void synced() {
        for (std::size_t i = 0; i < files_.size(); ++i) {
            safe_[i] = contents(files_[i]);
        }
    }

    /// Leaves the files as they are found afterwards.
    void lose() {
        constexpr std::size_t sector = 512;
        for (std::size_t i = 0; i < files_.size(); ++i) {
            const std::string seen = contents(files_[i]);
            std::string left = safe_[i];
            const bool grown = random_() % 2 == 0;
            left.resize(grown ? std::max(seen.size(), left.size()) : left.size());
            for (std::size_t at = 0; at < std::min(left.size(), seen.size()); at += sector) {
                if (random_() % 2 == 0) {
                    left.replace(at, std::min(sector, left.size() - at), seen.substr(at, sector));
                }
            }
            std::ofstream{files_[i], std::ios::binary | std::ios::trunc} << left;
        }
        std::error_code ignored;
        std::filesystem::remove(files_[0] + "-shm", ignored);
    }

  private:
    std::array<std::string, 2> files_;
    std::array<std::string, 2> safe_;
    std::mt19937_64 random_;
};

// SQLite syncs a file before it relies on it; here each sync is taken for one of both files, which
// forgives a wrong order between them. A power cut may take the last seconds, and nothing else.
TEST_F(crash_test, after_a_power_cut_at_any_sync_a_whole_beginning_is_left) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    shared_count acknowledged;
    bool over = false;
    std::uint64_t nth = 0;
    for (; !over && nth < 400 && !HasFailure(); ++nth) {
        path = directory.file("cut" + std::to_string(nth) + ".db");
        *acknowledged = 0;
        const pid_t child = ::fork();
        if (child == 0) {
            losing_disk media{path, seed + nth};
            disk.on_sync = [&] { media.synced(); };
            const auto cut = [&](std::uint64_t operation) {
                if (operation == nth) {
                    media.lose();
                    ::kill(::getpid(), SIGKILL);
                }
                return SQLITE_OK;
            };
            live(cut, *acknowledged);
            ::_exit(0);
        }
        int ended = 0;
        ASSERT_EQ(::waitpid(child, &ended, 0), child);
        over = WIFEXITED(ended);
        SCOPED_TRACE("cut at operation " + std::to_string(nth));
        expect_a_whole_beginning(over ? seconds : 0);
    }
    EXPECT_TRUE(over);
}

// Sums of any stream are its truth, whatever is sampled; and the rows stand for what they say.
TEST_F(crash_test, figures_and_fates_add_up_for_streams_of_any_seed) {
    for (int round = 0; round < 12; ++round) {
        const auto this_seed = seed + static_cast<std::uint64_t>(round);
        SCOPED_TRACE("seed " + std::to_string(this_seed));
        random_events some{this_seed};
        how.rules.success_rows = static_cast<std::uint32_t>(some.number() % 20);
        path = directory.file("any" + std::to_string(round) + ".db");
        expected = {};
        begin();
        std::uint64_t special = 0;
        for (std::uint64_t second = some.number() % 100; second > 0; --second) {
            for (std::uint64_t i = some.number() % 300; i > 0; --i) {
                const event what = some.next(now);
                special += is_plain_success(what) ? 0 : 1;
                record(what);
            }
            step();
        }
        ASSERT_TRUE(finish());
        expect_stored(path, expected);
        const auto became = *reader::open(path)->what_became({});
        EXPECT_EQ(count_of(became, fate::recorded), expected.count);
        EXPECT_EQ(
            count_of(became, fate::row_kept) + count_of(became, fate::row_sampled_out),
            expected.count
        );
        const auto rows = reader::open(path)->operations({}, true, 1'000'000);
        ASSERT_TRUE(rows);
        EXPECT_EQ(rows->size(), count_of(became, fate::row_kept));
        std::uint64_t always = 0;
        for (const auto& row : *rows) {
            const bool plain = row.what.ended == outcome::success &&
                               row.what.why == cause_kind::completed && !row.what.error &&
                               (row.limit == 0s || row.took <= row.limit / 5 * 4);
            always += plain ? 0 : 1;
            EXPECT_TRUE(plain || row.one_in == 1);
        }
        EXPECT_EQ(always, special);
    }
}

}  // namespace
}  // namespace curfew::ledger
