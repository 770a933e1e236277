#pragma once

#include "monitor_figures.hpp"
#include <curfew/core/event.hpp>
#include <curfew/policy/policy.hpp>
#include <curfew/preflight/database_probe.hpp>
#include <curfew/process/spawn.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/signals.hpp>
#include <curfew/runtime/task_group.hpp>

#include <csignal>
#include <functional>
#include <string>

namespace curfew::cli {

/// How a database is watched.
struct monitor_plan {
    std::string name;   ///< of the events: "database"
    std::string where;  ///< a URL, or words as libpq reads them
    std::string query = "SELECT 1";
    duration length{};
    duration interval{};  ///< from one probe to the next, whatever becomes of them
    policy::database_policy limits;
    std::string environment;
    std::string pressure{};  ///< "vpc_connector_scaling 1.00"; empty: none
};

/// Probes a database at times that are fixed before the run: one that hangs keeps none from being
/// asked in time (open loop). At most 16 are under way; what is due beyond is counted as not
/// started. Runs on a loop of its own.
class database_monitor {
  public:
    /// `record`: where each probe is told as an operation of the surface `database`; `shown` is
    /// called once a second.
    database_monitor(
        monitor_plan plan, event_sink& record, std::function<void(const monitor_figures&)> shown
    );

    /// Until the plan is over, or SIGINT or its like ends it early.
    const monitor_figures& run();

    [[nodiscard]] std::uint64_t planned() const noexcept;

    [[nodiscard]] duration ran() const noexcept { return ran_; }

    static constexpr std::size_t probes_most = 16;

  private:
    [[nodiscard]] runtime::task<> keep_time();
    [[nodiscard]] runtime::task<> show();
    [[nodiscard]] runtime::task<> obey_signals();
    [[nodiscard]] runtime::task<> probe(duration due);
    void tell(const probe_result& what, const preflight::background& behind, time_point began);

    monitor_plan plan_;
    event_sink& record_;
    std::function<void(const monitor_figures&)> shown_;
    monitor_figures figures_;
    runtime::epoll outside_;
    runtime::loop loop_{outside_};
    runtime::signals signals_{outside_, {SIGTERM, SIGINT, SIGQUIT, SIGHUP}};
    process::system_host machine_;
    preflight::instruments with_{loop_, outside_, machine_, plan_.limits};
    runtime::scope root_{loop_};
    runtime::task_group probes_;
    runtime::task_group beside_;
    runtime::task_group tasks_;
    duration ran_{};
};

}  // namespace curfew::cli
