#include "database_monitor.hpp"

#include <curfew/preflight/report.hpp>
#include <curfew/runtime/sleep.hpp>

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>

namespace curfew::cli {

using runtime::task;

namespace {

/// "Database connection timeout: exceeded limit 0.500s": what many have in common.
std::string without_time(std::string sentence) {
    const auto from = sentence.find("timeout: ");
    const auto to = sentence.find("exceeded limit ");
    if (from == sentence.npos || to == sentence.npos || to < from) return sentence;
    const auto behind = from + std::string_view{"timeout: "}.size();
    return sentence.erase(behind, to - behind);
}

}  // namespace

database_monitor::database_monitor(
    monitor_plan plan, event_sink& record, std::function<void(const monitor_figures&)> shown
)
    : plan_{std::move(plan)}, record_{record}, shown_{std::move(shown)}, figures_{plan_.length} {}

std::uint64_t database_monitor::planned() const noexcept {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(plan_.length / plan_.interval, 1));
}

const monitor_figures& database_monitor::run() {
    beside_.spawn(obey_signals());
    beside_.spawn(show());
    tasks_.spawn(keep_time());
    loop_.run();
    return figures_;
}

task<> database_monitor::keep_time() {
    const time_point began = loop_.now();
    for (std::uint64_t each = 0; each < planned() && !root_.ended(); ++each) {
        const duration due = plan_.interval * each;
        auto waiting = runtime::sleep_until{root_, began + due};
        const auto woken = co_await waiting;
        if (woken == runtime::wake::ended) break;
        if (probes_.running() < probes_most) {
            probes_.spawn(probe(due));
        } else {
            figures_.add({.due = due, .started = false, .wrong = {}});
        }
    }
    runtime::scope always{loop_};
    auto joining = probes_.join(always);
    co_await joining;
    ran_ = loop_.now() - began;
    root_.end({cause_kind::shutdown});
    auto ending = beside_.join(always);
    co_await ending;
    loop_.stop();
}

task<> database_monitor::show() {
    for (;;) {
        auto waiting = runtime::sleep_until{root_, loop_.now() + std::chrono::seconds{1}};
        const auto woken = co_await waiting;
        if (woken == runtime::wake::ended) co_return;
        shown_(figures_);
    }
}

task<> database_monitor::obey_signals() {
    auto waiting = signals_.next(root_);
    const auto number = co_await waiting;
    if (number) root_.cancel();
}

task<> database_monitor::probe(duration due) {
    const time_point began = outside_.now();
    probe_result made{.due = due, .wrong = {}};
    std::optional<preflight::finding> wrong;
    preflight::database_probe database{with_, plan_.where};
    {
        runtime::scope limited{
            root_, bound::after(began, plan_.limits.initialization, "database.initialization")
        };
        auto connecting = database.connect(limited);
        wrong = co_await connecting;
        if (!wrong) {
            made.took[made.completed++] = outside_.now() - began;
            auto asking = database.ask("SELECT 1", limited);
            auto told = co_await asking;
            if (!told) wrong = std::move(told.error());
        }
    }
    if (!wrong) {
        made.took[made.completed++] = outside_.now() - began;
        const time_point asked = outside_.now();
        runtime::scope limited{root_, bound::after(asked, plan_.limits.query, "database.query")};
        auto asking = database.ask(plan_.query, limited);
        auto told = co_await asking;
        if (told) {
            made.took[made.completed++] = outside_.now() - asked;
        } else {
            wrong = std::move(told.error());
        }
    }
    if (wrong && root_.ended()) {
        co_return;  // broken off: it says nothing about the database
    }
    preflight::background behind{.account = database.account()};
    if (wrong) {
        behind.ended_by = wrong->behind.ended_by;
        made.ended = wrong->timed_out ? outcome::timeout : outcome::failure;
        made.wrong = std::move(wrong->sentence);
        made.behind = preflight::details_of(behind, plan_.environment, plan_.pressure);
    }
    tell(made, behind, began);
    made.wrong = without_time(std::move(made.wrong));
    figures_.add(made);
}

void database_monitor::tell(
    const probe_result& what, const preflight::background& behind, time_point began
) {
    const std::string name = "probe " + plan_.name;
    const std::array attributes{event::attribute{"said", what.wrong}};
    event told;
    told.where = surface::database;
    told.name = name;
    told.ended = what.ended;
    told.started = began;
    told.took = outside_.now() - began;
    told.why = behind.ended_by;
    if (what.ended == outcome::failure) {
        told.why.kind = cause_kind::failed;
    }
    told.limit = behind.timed_out() ? behind.ended_by.limit : plan_.limits.initialization;
    told.account = behind.account;
    told.attributes = std::span{attributes}.first(what.wrong.empty() ? 0 : 1);
    record_.record(told);
}

}  // namespace curfew::cli
