#pragma once

#include <curfew/ledger/ledger.hpp>
#include <curfew/ledger/reader.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace curfew::report {

using namespace std::chrono_literals;

inline constexpr ledger::wall_time noon{
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h
};

/// A ledger that is filled, stopped and read: what is told at time_point{} happened at noon.
class report_scenario : public testing::Test {
  protected:
    report_scenario() {
        std::string name =
            (std::filesystem::temp_directory_path() / "curfew-report-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
        ledger::settings how;
        how.path = folder_ + "/ledger.db";
        how.version = "1.2.3";
        how.rules.success_rows = 0;
        book_ = std::make_unique<ledger::ledger>(
            how,
            ledger::times{[] { return time_point{}; }, [] { return noon; }},
            [](std::string_view) {}
        );
        sink_ = &book_->sink();
    }

    ~report_scenario() override { std::filesystem::remove_all(folder_); }

    static event success(std::string_view name, duration at, duration took) {
        event what;
        what.name = name;
        what.started = time_point{at};
        what.took = took;
        what.limit = 5s;
        what.account.add(stage::attempt, took, 1);
        return what;
    }

    static event timed_out(std::string_view name, duration at, std::uint64_t trace = 7) {
        event what = success(name, at, 5s);
        what.ended = outcome::timeout;
        what.why = {cause_kind::own_timeout, shed_reason::none, "request.timeout", 5s};
        what.error = errc::own_timeout;
        what.trace = {0xabc, trace, 1, 0};
        return what;
    }

    static event refused(std::string_view name, duration at, const cause& why, errc error) {
        event what = success(name, at, 10us);
        what.ended = outcome::ignored;
        what.why = why;
        what.error = error;
        return what;
    }

    static event step(surface where, std::string_view name, duration at) {
        event what;
        what.where = where;
        what.name = name;
        what.ended = outcome::ignored;
        what.started = time_point{at};
        return what;
    }

    void tell(const event& what) { sink_->record(what); }

    void mark(std::string text) { book_->mark(std::move(text)); }

    /// Somebody opens the ledger, marks something and is gone at once.
    void visit(ledger::wall_time at) {
        ledger::settings how;
        how.path = folder_ + "/ledger.db";
        ledger::ledger other{how, {[] { return time_point{}; }, [at] { return at; }}, {}};
        other.mark("visited");
        EXPECT_TRUE(other.stop(30s));
    }

    ledger::reader read() {
        EXPECT_TRUE(book_->stop(30s));
        return *ledger::reader::open(folder_ + "/ledger.db");
    }

  private:
    std::string folder_;
    std::unique_ptr<ledger::ledger> book_;
    event_sink* sink_ = nullptr;
};

}  // namespace curfew::report
