#pragma once

#include "event_log.hpp"
#include "pressure_desk.hpp"
#include "startup_desk.hpp"
#include <curfew/core/event.hpp>
#include <curfew/ledger/ledger.hpp>
#include <curfew/policy/load.hpp>
#include <curfew/policy/transition.hpp>
#include <curfew/process/supervisor.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::cli {

/// Where the events of one thread go: into the ledger, to the access log and to the log. Where no
/// ledger is kept they go to its listeners, `only_for`, while one of them is attentive. Thread
/// rule: one thread.
class operation_sink final : public event_sink {
  public:
    operation_sink(
        event_sink& kept,
        std::span<ledger::listener* const> only_for,
        event_sink& listed,
        event_sink& told
    ) noexcept
        : kept_{kept}, only_for_{only_for}, listed_{listed}, told_{told} {}

    void record(const event& what) noexcept override {
        if (only_for_.empty() || std::ranges::any_of(only_for_, &ledger::listener::attentive)) {
            kept_.record(what);
        }
        listed_.record(what);
        told_.record(what);
    }

  private:
    event_sink& kept_;
    std::span<ledger::listener* const> only_for_;
    event_sink& listed_;
    event_sink& told_;
};

/// What a serving Curfew records: the ledger that its policy asks for, if any, who writes to it and
/// who listens. Without one, the listeners hear all the same. A ledger that cannot be had is told
/// by the log, and serving goes on.
/// Thread rule: the control loop's thread; sinks as they say.
class recording {
  public:
    /// `listeners` hear what is recorded, and outlive this.
    recording(
        const policy::policy& rules, event_log& log, std::vector<ledger::listener*> listeners
    );
    recording(const recording&) = delete;
    recording& operator=(const recording&) = delete;

    /// Writes what there is, for at most two seconds; says so if not all of it could be.
    ~recording();

    /// From now on what the ledger has to say is logged, and what it has said before: a start that
    /// fails has one reason, and says no other.
    void speak();

    /// For a worker's thread, which `listed` hears of too. Comes before the worker, and outlives
    /// it.
    [[nodiscard]] event_sink& sink_for_worker(event_sink& listed);

    /// What the limits are from now on, and which layer said so: `curfew explain` tells it later.
    void tell_limits(const policy::loading& from);

    /// A reload of `file` that put another policy in force: what it changed. Before tell_limits.
    void tell_reload(std::string_view file, const std::vector<policy::change>& changes);

    /// A reload that put nothing in force, and why.
    void tell_refusal(std::string_view sentence);

    /// A step in the life of the backend.
    void tell_backend(
        process::supervisor_action::notice what, std::string_view sentence, time_point now
    );

    /// A route is held back because its requests brought the backend down.
    void tell_held_back(std::string_view route, std::string_view sentence, time_point now);

    /// What an alert does, and what came of telling it.
    void tell_alert(std::string_view name, std::string_view state, std::string_view said);
    /// A pressure signal is another, and what that does to limits.
    void tell_pressure(const pressure_desk::change& what);
    /// How the start went: a check, what was passed over, that it healed.
    void tell_startup(const startup_story& what, time_point now);
    /// The backend's stacks were looked at.
    void tell_stacks(std::string_view headline, time_point now);

    /// Nothing where no ledger is kept.
    [[nodiscard]] std::optional<ledger::status> state() const;

  private:
    [[nodiscard]] ledger::place place_of(const policy::policy& rules);
    void say(std::string_view sentence);
    void tell_policy(std::string_view name, std::span<const event::attribute> attributes) noexcept;

    std::mutex lock_;
    bool speaks_ = false;
    std::vector<std::string> unsaid_;  ///< at most a few: one a trouble
    event_log& log_;
    std::vector<ledger::listener*> only_for_;  ///< empty where a ledger is kept
    std::optional<ledger::ledger> book_;
    event_sink* own_ = nullptr;
    std::vector<std::unique_ptr<operation_sink>> sinks_;
};

}  // namespace curfew::cli
