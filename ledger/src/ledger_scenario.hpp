#pragma once

#include "last_values.hpp"
#include "recorder.hpp"
#include "writer.hpp"
#include <curfew/ledger/ledger.hpp>
#include <curfew/ledger/reader.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace curfew::ledger {

using namespace std::chrono_literals;

inline constexpr wall_time noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h};

/// A directory of its own, gone with the test; in memory where that can be, because nothing here
/// pulls the plug and real disks take their time to sync.
class own_directory {
  public:
    own_directory() {
        const std::filesystem::path memory = "/dev/shm";
        const bool usable = ::access(memory.c_str(), W_OK) == 0;
        std::string name =
            (usable ? memory : std::filesystem::temp_directory_path()) / "curfew-ledger-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }

    own_directory(const own_directory&) = delete;
    own_directory& operator=(const own_directory&) = delete;

    ~own_directory() {
        std::error_code ignored;
        std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

    /// Names that begin like this.
    [[nodiscard]] std::vector<std::string> like(const std::string& beginning) const {
        std::vector<std::string> found;
        for (const auto& each : std::filesystem::directory_iterator{path_}) {
            if (each.path().filename().string().starts_with(beginning)) {
                found.push_back(each.path().string());
            }
        }
        return found;
    }

  private:
    std::string path_;
};

inline event some_event(
    std::string_view name,
    outcome ended = outcome::success,
    duration took = 5ms,
    time_point started = {}
) {
    event what;
    what.name = name;
    what.ended = ended;
    what.why.kind = ended == outcome::timeout ? cause_kind::own_timeout : cause_kind::completed;
    what.why.limit_name = ended == outcome::timeout ? "request.timeout" : "";
    what.why.limit = ended == outcome::timeout ? 30s : 0s;
    what.started = started;
    what.took = took;
    what.limit = 30s;
    what.account.add(stage::queue, took / 4);
    what.account.add(stage::attempt, took - took / 4, 1);
    what.trace = {1, 2, 3, 1};
    return what;
}

/// Events of every shape there is.
class random_events {
  public:
    explicit random_events(std::uint64_t seed) : random_{seed} {}

    event next(time_point started) {
        event what;
        name_ = "GET /" + std::to_string(random_() % 7);
        what.where = static_cast<surface>(random_() % 11);
        what.name = name_;
        what.ended = random_() % 4 != 0 ? outcome::success : static_cast<outcome>(random_() % 5);
        what.why.kind = static_cast<cause_kind>(
            what.ended == outcome::success ? 0 : random_() % (last_number<cause_kind> + 1)
        );
        if (what.ended != outcome::success && random_() % 2 == 0) {
            what.error = static_cast<errc>(random_() % errc_table().size());
        }
        what.started = started;
        what.took = duration{static_cast<duration::rep>(random_() % (1ULL << (random_() % 36)))};
        what.limit = random_() % 2 == 0 ? 1s : 0s;
        what.account.add(stage::queue, what.took / 2);
        what.account.add(stage::body, what.took - what.took / 2);
        what.trace = {random_(), random_() | 1, random_() | 1, 1};
        return what;
    }

    std::uint64_t number() { return random_(); }

  private:
    std::mt19937_64 random_;
    std::string name_;
};

/// What should be in the ledger, counted naively.
struct truth {
    std::map<series, std::unique_ptr<figures>> sums;
    std::uint64_t count = 0;

    void add(const event& what) {
        auto& to = sums[series{
            what.where,
            std::string{what.name},
            what.ended,
            what.why.kind,
            what.why.reason,
            what.error,
            std::string{what.why.limit_name}
        }];
        if (!to) {
            to = std::make_unique<figures>();
        }
        to->took.record(what.took);
        to->near_misses += is_near_miss(what) ? 1 : 0;
        for (const auto& each : what.account.entries()) {
            to->spent[static_cast<std::size_t>(each.what)] += each.spent;
        }
        ++count;
    }
};

inline void expect_same(const figures& a, const figures& b) {
    EXPECT_EQ(a.took.count(), b.took.count());
    EXPECT_EQ(a.took.sum(), b.took.sum());
    EXPECT_EQ(a.took.max(), b.took.max());
    EXPECT_EQ(a.took.below(), b.took.below());
    EXPECT_EQ(a.took.above(), b.took.above());
    EXPECT_EQ(a.near_misses, b.near_misses);
    EXPECT_EQ(a.spent, b.spent);
    for (std::size_t i = 0; i < histogram::bucket_count; ++i) {
        ASSERT_EQ(a.took.at(i).count, b.took.at(i).count) << "bucket " << i;
    }
}

/// Whether a ledger holds exactly this, seen by a reader of its own.
inline void expect_stored(const std::string& path, const truth& expected) {
    auto opened = reader::open(path);
    ASSERT_TRUE(opened) << describe(opened.error().code).title;
    const auto sums = opened->sum({});
    ASSERT_TRUE(sums);
    ASSERT_EQ(sums->size(), expected.sums.size());
    auto at = expected.sums.begin();
    for (const auto& each : *sums) {
        EXPECT_EQ(each.what, at->first);
        expect_same(each.sums, *at->second);
        ++at;
    }
}

inline std::uint64_t count_of(const fates& told, fate what) {
    return told[static_cast<std::size_t>(what)];
}

/// How many operations the minutes count.
inline std::uint64_t stored_count(const std::string& path) {
    auto opened = reader::open(path);
    std::uint64_t sum = 0;
    if (opened) {
        (void)opened->each_minute({}, [&](minute, const series&, const minute_figures& each) {
            sum += each.count();
        });
    }
    return sum;
}

/// A writer without its thread, one recorder, and both clocks by hand.
class ledger_scenario : public testing::Test {
  protected:
    explicit ledger_scenario(std::size_t ring_bytes = std::size_t{1} << 20) : tape{ring_bytes} {}

    void begin(std::string vfs = {}) {
        how.path = path;
        how.version = "1.2.3";
        how.vfs = std::move(vfs);
        work = std::make_unique<writer>(
            how, [this](std::string_view sentence) { said.emplace_back(sentence); }, waits
        );
    }

    bool step(duration after = 1s) {
        now += after;
        wall += after;
        std::array from{&tape};
        return work->step(now, wall, from);
    }

    bool finish() {
        std::array from{&tape};
        return work->finish(now, wall, from);
    }

    void record(const event& what) {
        tape.record(what);
        expected.add(what);
    }

    own_directory directory;
    std::string path = directory.file("ledger.db");
    settings how;
    recorder tape;
    truth expected;
    std::vector<std::string> said;
    time_point now{1h};
    wall_time wall = noon;
    steady_clock time;
    postgres_waiting waits{time};
    std::unique_ptr<writer> work;
};

}  // namespace curfew::ledger
