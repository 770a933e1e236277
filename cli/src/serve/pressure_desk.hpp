#pragma once

#include "../pressure_flag.hpp"
#include "admin_site.hpp"
#include "stage_times.hpp"
#include <curfew/core/memory_guard.hpp>
#include <curfew/core/pressure_board.hpp>
#include <curfew/gateway/snapshot.hpp>
#include <curfew/policy/policy.hpp>
#include <curfew/policy/stretch.hpp>
#include <curfew/process/machine_sampler.hpp>
#include <curfew/process/process_sampler.hpp>
#include <curfew/runtime/bell.hpp>
#include <curfew/runtime/task_group.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::cli {

/// The signals of the policy: reads their sensors, takes what is told from outside, and says what
/// changes and what that does to limits. Sensors whose signals stretch something are read all the
/// time, others while operations end or are in flight, or when somebody asks: with nothing to do,
/// it sleeps. Thread rule: the control loop's thread.
class pressure_desk {
  public:
    struct change {
        std::string signal;
        double before = 0;
        double after = 0;
        std::string effect;  ///< "request.timeout 30s to 45s"; empty: no limit is another
    };

    struct surroundings {
        /// How long it takes to be heard by every worker.
        std::function<runtime::task<duration>(runtime::scope&)> lag;
        /// Whether anything is in flight.
        std::function<bool()> busy;
        /// A signal is another.
        std::function<void(const change&)> changed;
        /// What is to be done about memory: never `nothing`.
        std::function<void(memory_guard::action what, double in_use)> memory;
        /// A limit is another: what serves is to be shaped anew. False: ask again.
        std::function<runtime::task<bool>(runtime::scope&)> reshape;
        /// Waits for what is being shaped by others.
        std::function<runtime::task<>(runtime::scope&)> rest;
        /// Where the kernel's files are (for tests).
        std::filesystem::path root = "/";
    };

    /// `times` hears of every operation and outlives this.
    pressure_desk(
        runtime::loop& on,
        std::shared_ptr<const policy::policy> rules,
        stage_times& times,
        surroundings around
    );
    pressure_desk(const pressure_desk&) = delete;
    pressure_desk& operator=(const pressure_desk&) = delete;

    /// Answers `GET /-/pressure` and `POST /-/pressure/NAME`. Before the site begins; it ends
    /// before this.
    void join(admin_site& site);

    /// As if each were told from outside for five minutes (at most `pressure.lease_max`), which
    /// they may be: they have no sensor.
    void tell(std::span<const told_signal> signals);

    void begin();

    /// From now on by these rules. Signals keep their value by name.
    void adopt(std::shared_ptr<const policy::policy> rules);

    /// The policy as it is under the pressure of the moment; itself where that changes nothing.
    [[nodiscard]] std::shared_ptr<const policy::policy> shape(
        const std::shared_ptr<const policy::policy>& written
    ) const;

    /// The signals that are up: "vpc_connector_scaling 1.00"; empty: none is.
    [[nodiscard]] std::string text() const;

    /// How far a signal is up; 0 for one that there is not.
    [[nodiscard]] double value_of(std::string_view name) const;

    /// Reads the sensors, if that was longer ago than `pressure.interval`.
    void refresh();

    void describe(gateway::snapshot& to) const;

    /// Everything is over, and told to be.
    [[nodiscard]] runtime::task<> close();

  private:
    [[nodiscard]] runtime::task<http::response> answer_list(const http::request& asked);
    [[nodiscard]] runtime::task<http::response> answer_told(const http::request& asked);
    [[nodiscard]] runtime::task<> run();
    [[nodiscard]] runtime::task<> reshape_if_due();
    void read_sensors(time_point now);
    [[nodiscard]] std::optional<double> reading_of(policy::sensor which) const;
    void guard_memory(time_point now);
    [[nodiscard]] std::optional<double> memory_in_use(time_point now);
    void settle();
    [[nodiscard]] std::vector<policy::signal_value> values() const;
    void look();
    [[nodiscard]] runtime::task<bool> rest();
    [[nodiscard]] bool reads(bool (*which)(const policy::signal_policy&) noexcept) const noexcept;
    void wake() noexcept;

    runtime::loop& loop_;
    std::shared_ptr<const policy::policy> rules_;
    stage_times& times_;
    surroundings around_;
    pressure_board board_;
    memory_guard memory_guard_;
    process::machine_sampler sampler_;
    process::process_sampler own_;
    process::machine_sample machine_;
    stage_times::means means_;
    std::vector<policy::stretched_limit> limits_;  ///< as they were told to be
    time_point looked_;
    std::optional<duration> lag_;  ///< as the last look of our own saw it
    bool shape_is_due_ = false;
    runtime::bell told_;
    runtime::scope scope_;
    runtime::task_group tasks_;
};

}  // namespace curfew::cli
