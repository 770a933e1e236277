#pragma once

#include "access_log.hpp"
#include "admin_site.hpp"
#include "alerting.hpp"
#include "backend_output.hpp"
#include "descriptor_plan.hpp"
#include "event_log.hpp"
#include "fleet.hpp"
#include "health_desk.hpp"
#include "http_probe.hpp"
#include "live_desk.hpp"
#include "pressure_desk.hpp"
#include "pressure_flag.hpp"
#include "recording.hpp"
#include "reloading.hpp"
#include "stack_desk.hpp"
#include "stage_times.hpp"
#include "startup_desk.hpp"
#include "terminal.hpp"
#include <curfew/gateway/gateway.hpp>
#include <curfew/policy/policy.hpp>
#include <curfew/process/backend.hpp>
#include <curfew/process/spawn.hpp>
#include <curfew/runtime/bell.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/signals.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace curfew::cli {

/// Whom the admin listener answers.
[[nodiscard]] admin::terms admin_terms_of(const policy::server_policy& server);

/// What a serving begins with, beside its policy.
struct beginning {
    std::optional<preflight::examined> examined;  ///< nothing: the start has no checks
    std::vector<told_signal> pressure;            ///< of --pressure: signals without a sensor
};

/// `curfew serve` from its policy to its end: the listeners, the workers, the backend, the signals.
/// The main thread runs the control loop: signals, the backend's supervisor and its probes, the
/// admin listener. Requests are served by the fleet, whose threads never wait for any of these.
/// Thread rule: the main thread.
class serving final : public process::backend_watcher {
  public:
    /// `loaded` has a snapshot; `again` is where it came from.
    serving(const policy::loading& loaded, policy_origin again, const beginning& with);
    serving(const serving&) = delete;
    serving& operator=(const serving&) = delete;
    ~serving() override;

    /// Until it is told to stop, or cannot go on. The exit code.
    [[nodiscard]] int run();

  private:
    [[nodiscard]] pressure_desk::surroundings pressure_surroundings();
    [[nodiscard]] admin_site::sources admin_sources();
    [[nodiscard]] reloading::listener reload_listener();
    [[nodiscard]] bool listen();
    [[nodiscard]] runtime::task<> obey_signals();
    void prepare_backend();
    [[nodiscard]] runtime::task<> run_backend();
    void begin_alerting();
    [[nodiscard]] runtime::task<> stop();
    [[nodiscard]] runtime::task<> tell_left_out();
    [[nodiscard]] std::optional<policy::problem> make_ready(const policy::loading& from);
    void put_in_force(
        const policy::loading& from,
        std::shared_ptr<const policy::policy> next,
        const admin::reload_report& told
    );
    [[nodiscard]] gateway::snapshot state() const;
    void add_state(gateway::snapshot& to) const;
    [[nodiscard]] runtime::task<std::optional<process::stack_dump>> look_at_backend(
        runtime::scope& under, std::optional<duration> hung_for, bool hangs
    );
    void tell_held_back(const gateway::held_back& found);
    void tell_of_stacks(const stack_shelf::taken& seen);
    void open_stacks();
    [[nodiscard]] runtime::task<std::optional<gateway::snapshot>> draw(
        runtime::scope& under, std::size_t live = 0
    );
    void tell_warnings(const std::vector<policy::problem>& all);
    void tell_override();
    void tell_descriptors() noexcept;
    void tell_shortage(failure why) noexcept;
    void announce_ready();
    void end_with(int exit_code);
    void hurry();
    void ask_backend_to_stop();
    void obey_hangup();
    [[nodiscard]] runtime::task<> reload_by_signal();
    [[nodiscard]] runtime::task<admin::reload_report> reload(bool dry_run);
    [[nodiscard]] runtime::task<http::response> answer_reload(const http::request& asked);
    void tell_reload(const admin::reload_report& what);
    void tell_pressure(const pressure_desk::change& what);
    [[nodiscard]] startup_desk::surroundings startup_surroundings();
    void tell_startup(const startup_story& what);
    [[nodiscard]] runtime::task<> give_memory_back(std::string used);
    void relieve_memory(memory_guard::action what, double in_use);
    [[nodiscard]] int complain_about_backend(failure why);

    void told(process::backend_state state, std::string_view sentence) override;
    void happened(process::supervisor_action::notice what, std::string_view sentence) override;
    void dumped(const process::stack_dump& what) override;
    void printed(std::string_view line) override;

    std::shared_ptr<const policy::policy> rules_;
    std::vector<policy::problem> warnings_;  ///< of the policy that it begins with
    runtime::epoll outside_;
    runtime::loop loop_;
    runtime::signals signals_;
    terminal terminal_;
    runtime::bell untold_;
    notable_ends ends_;
    stage_times stage_times_;
    event_log log_;
    alerting alerting_;  // the ledger's thread speaks to it
    // What starts threads comes before what starts tasks: those cannot be left half-way.
    recording recording_;
    access_log access_log_;
    backend_output output_;
    runtime::scope root_;
    runtime::scope delay_;  ///< of a drain
    runtime::task_group tasks_;
    gateway::gateway gateway_;
    fleet fleet_;
    admin_site admin_;
    live_desk live_;
    health_desk desk_;
    stack_desk stacks_;
    pressure_desk pressure_;
    reloading reloading_;
    process::system_host host_;
    startup_desk startup_;
    std::unique_ptr<http_probe> probe_;
    std::unique_ptr<process::backend> backend_;
    descriptor_plan descriptors_;
    runtime::endpoint http_at_;
    runtime::endpoint admin_at_;
    time_point started_;
    std::string given_up_;  ///< why the backend is not started again
    int exit_code_ = 0;
    runtime::baton backend_ended_;
    bool backend_running_ = false;
    bool announced_ = false;
    bool draining_ = false;
    bool signalled_ = false;      ///< a reload by signal waits for the one under way
    bool backend_asked_ = false;  ///< to stop
};

}  // namespace curfew::cli
