#include "access_log.hpp"

#include "access_record.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace curfew::cli {
namespace {

using namespace std::chrono_literals;

struct access_log_test : testing::Test {
    access_log_test() {
        std::string name = std::filesystem::temp_directory_path() / "curfew-access-XXXXXX";
        folder = ::mkdtemp(name.data());
        how.destination = folder / "access.log";
    }

    ~access_log_test() override { std::filesystem::remove_all(folder); }

    [[nodiscard]] static event request() {
        static const std::array attributes{
            event::attribute{"status", "200"},
            event::attribute{"client", "192.0.2.7"},
            event::attribute{"slow", "false"},
        };
        static const request_facts facts{
            "GET", "shop.example:8080", "/users/7", "127.0.0.1:8000", 120, 3'400
        };
        event what;
        what.name = "GET /users/{id}";
        what.started = time_point{90s};
        what.took = 12ms;
        what.limit = 30s;
        what.account.add(stage::connect, 1ms);
        what.account.add(stage::attempt, 11ms, 1);
        what.trace = {0xabc, 0xdef, 1, 1};
        what.attributes = attributes;
        what.request = &facts;
        return what;
    }

    [[nodiscard]] std::vector<std::string> lines(const std::string& name = "access.log") const {
        std::ifstream file{folder / name};
        std::vector<std::string> all;
        for (std::string line; std::getline(file, line);) {
            all.push_back(line);
        }
        return all;
    }

    void begin(access_log& log) const { put(log, how); }

    static void put(access_log& log, const policy::access_log_policy& next) {
        ASSERT_TRUE(log.prepare(next));
        log.adopt();
    }

    std::filesystem::path folder;
    policy::access_log_policy how;
};

std::string line_of(const event& what, double one_in = 1) {
    std::vector<std::byte> room(access_record_size(what));
    write_access_record(what, one_in, room.data());
    return access_line(room, std::chrono::sys_time<duration>{1'700'000'000s});
}

TEST_F(access_log_test, a_line_tells_the_whole_request) {
    EXPECT_EQ(
        line_of(request(), 10),
        R"({"time":"2023-11-14T22:14:50.000Z","method":"GET","host":"shop.example:8080",)"
        R"("path":"/users/7","route":"GET /users/{id}","status":200,"outcome":"success",)"
        R"("cause":"completed","limit_ms":30000,"duration_ms":12,)"
        R"("account":{"connect":1,"attempt_1":11},"slow":false,"bytes_in":120,"bytes_out":3400,)"
        R"("upstream":"127.0.0.1:8000","client":"192.0.2.7",)"
        R"("trace_id":"0000000000000abc0000000000000def","one_in":10})"
        "\n"
    );
}

TEST_F(access_log_test, what_never_became_a_request_has_a_line_without_what_is_not_known) {
    auto broken = request();
    broken.name = "request";
    broken.ended = outcome::ignored;
    broken.why = {cause_kind::rejected, {}, {}, {}, 0, "a rule of HTTP"};
    broken.error = errc::bad_request;
    broken.request = nullptr;
    const auto line = line_of(broken);
    EXPECT_NE(line.find(R"("method":null,"host":null,"path":null)"), line.npos) << line;
    EXPECT_NE(line.find(R"("error":"bad-request","detail":"a rule of HTTP")"), line.npos) << line;
    EXPECT_EQ(line.find("bytes_in"), line.npos) << line;
}

TEST_F(access_log_test, texts_from_outside_are_escaped_and_cut) {
    auto hostile = request();
    request_facts facts = *hostile.request;
    const std::string path = "/\"\n\xff" + std::string(4'000, 'x');
    facts.path = path;
    hostile.request = &facts;
    const auto line = line_of(hostile);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_LT(line.size(), 2'000U);
    EXPECT_NE(line.find(R"("path":"/\"\u000a)"), line.npos) << line;
}

TEST_F(access_log_test, every_request_of_every_thread_has_its_line) {
    std::mutex lock;
    std::vector<std::string> said;
    {
        access_log log{[&](std::string_view sentence) {
            const std::lock_guard held{lock};
            said.emplace_back(sentence);
        }};
        begin(log);
        auto& first = log.sink();
        auto& second = log.sink();
        for (int i = 0; i < 500; ++i) {
            first.record(request());
            second.record(request());
        }
    }
    EXPECT_EQ(lines().size(), 1'000U);
    EXPECT_TRUE(said.empty()) << said.front();
}

TEST_F(access_log_test, only_requests_are_told) {
    {
        access_log log{[](std::string_view) {}};
        begin(log);
        auto& sink = log.sink();
        auto step = request();
        step.where = surface::supervisor;
        sink.record(step);
        sink.record(request());
    }
    EXPECT_EQ(lines().size(), 1U);
}

TEST_F(access_log_test, where_none_is_kept_nothing_is_taken) {
    access_log log{[](std::string_view) {}};
    how = {};
    begin(log);
    log.sink().record(request());
    EXPECT_FALSE(log.state());
}

TEST_F(access_log_test, a_line_that_comes_before_the_thread_has_begun_is_not_lost) {
    for (int i = 0; i < 50; ++i) {
        access_log log{[](std::string_view) {}};
        auto& sink = log.sink();
        begin(log);
        sink.record(request());
    }
    EXPECT_EQ(lines().size(), 50U);
}

TEST_F(access_log_test, is_turned_on_and_off_for_sinks_that_are_there) {
    {
        access_log log{[](std::string_view) {}};
        auto& sink = log.sink();
        sink.record(request());
        begin(log);
        sink.record(request());
        EXPECT_TRUE(log.state());
        put(log, {});
        EXPECT_FALSE(log.state());
        sink.record(request());
        put(log, how);
        sink.record(request());
    }
    EXPECT_EQ(lines().size(), 2U);
}

TEST_F(access_log_test, each_line_goes_to_the_place_that_was_in_force_when_it_was_recorded) {
    auto other = how;
    other.destination = folder / "other.log";
    {
        access_log log{[](std::string_view) {}};
        begin(log);
        auto& first = log.sink();
        auto& second = log.sink();
        for (int i = 0; i < 10; ++i) {
            for (int record = 0; record < 100; ++record) {
                first.record(request());
                second.record(request());
            }
            put(log, i % 2 == 0 ? other : how);
            while (log.state()->written < 200U * (static_cast<std::size_t>(i) + 1)) {
                std::this_thread::yield();
            }
        }
    }
    EXPECT_EQ(lines().size(), 1'000U);
    EXPECT_EQ(lines("other.log").size(), 1'000U);
}

TEST_F(access_log_test, what_is_recorded_while_it_is_turned_off_is_written_or_counted) {
    access_log log{[](std::string_view) {}};
    begin(log);
    auto& sink = log.sink();
    std::atomic<bool> over = false;
    std::thread loop{[&] {
        while (!over) {
            sink.record(request());
        }
    }};
    for (int i = 0; i < 300; ++i) {
        for (const auto& next : {policy::access_log_policy{}, how}) {
            while (!log.prepare(next)) {
                std::this_thread::yield();
            }
            log.adopt();
        }
    }
    over = true;
    loop.join();
    const auto settled = [&] { return log.state()->written + log.state()->dropped; };
    for (int i = 0; i < 200'000 && settled() != log.state()->taken; ++i) {
        std::this_thread::yield();
    }
    EXPECT_EQ(settled(), log.state()->taken);
}

TEST_F(access_log_test, a_place_that_cannot_be_opened_leaves_the_one_before_in_force) {
    auto bad = how;
    bad.destination = folder / "missing/access.log";
    {
        access_log log{[](std::string_view) {}};
        begin(log);
        auto& sink = log.sink();
        EXPECT_FALSE(log.prepare(bad));
        sink.record(request());
    }
    EXPECT_EQ(lines().size(), 1U);
}

TEST_F(access_log_test, another_sample_holds_from_the_next_request_on) {
    auto few = how;
    few.sample = 0.001;
    {
        access_log log{[](std::string_view) {}};
        begin(log);
        auto& sink = log.sink();
        sink.record(request());
        put(log, few);
        for (std::uint64_t i = 0; i < 100; ++i) {
            auto what = request();
            what.trace.trace_low = i;
            sink.record(what);
        }
    }
    EXPECT_LT(lines().size(), 20U);
    EXPECT_GE(lines().size(), 1U);
}

TEST_F(access_log_test, a_place_that_cannot_be_written_is_an_error_before_anything_begins) {
    how.destination = folder / "missing/access.log";
    access_log log{[](std::string_view) {}};
    const auto begun = log.prepare(how);
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().code, errc::io_error);
    EXPECT_EQ(begun.error().detail, ENOENT);
}

TEST_F(access_log_test, lines_that_cannot_be_written_are_counted_and_told_once) {
    how.destination = "/dev/full";
    std::mutex lock;
    std::vector<std::string> said;
    access_log log{[&](std::string_view sentence) {
        const std::lock_guard held{lock};
        said.emplace_back(sentence);
    }};
    begin(log);
    auto& sink = log.sink();
    for (int i = 0; i < 300; ++i) {
        sink.record(request());
    }
    while (log.state()->dropped < 300) {
        std::this_thread::yield();
    }
    EXPECT_EQ(log.state()->written, 0U);
    const std::lock_guard held{lock};
    EXPECT_LE(said.size(), 1U);
}

// A reader that has stopped reading: the ring fills, the loop goes on, and what is lost is counted.
TEST_F(access_log_test, a_reader_that_hangs_never_holds_up_who_records) {
    const std::string pipe = folder / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ASSERT_GE(reader, 0);
    how.destination = pipe;
    {
        access_log log{[](std::string_view) {}};
        begin(log);
        auto& sink = log.sink();
        for (int i = 0; i < 20'000; ++i) {
            sink.record(request());
        }
        EXPECT_GT(log.state()->dropped, 0U);
    }
    ::close(reader);
}

}  // namespace
}  // namespace curfew::cli
