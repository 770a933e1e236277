#pragma once

#include "arm_result.hpp"
#include "switches.hpp"
#include <curfew/load/generator_priority.hpp>
#include <curfew/load/host_meter.hpp>
#include <curfew/load/http_driver.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/signals.hpp>
#include <curfew/runtime/task_group.hpp>

#include <csignal>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>

namespace curfew::demo {

/// What one arm is aimed at. Both programs run already.
struct arm_setup {
    std::string name;
    runtime::endpoint target;       ///< where the load goes
    runtime::endpoint control;      ///< the shop's switches
    std::function<void()> restart;  ///< the person who starts the crashed shop again; may be empty
    std::FILE* progress = nullptr;
};

/// Runs the scenario once: the load, the faults, and an eye on the generator, on one loop. Time on
/// it is real: the scenario's, and at most a client's patience more. Blocks; used once.
class arm {
  public:
    arm(const scenario& plan, arm_setup setup);

    /// Errors: upstream_down when the target does not serve within 10 s; cancelled when SIGINT or
    /// SIGTERM ended it (detail: which).
    [[nodiscard]] result<arm_result> run();

  private:
    [[nodiscard]] runtime::task<> conduct();
    [[nodiscard]] runtime::task<bool> until_serving();
    [[nodiscard]] runtime::task<> inject();
    [[nodiscard]] runtime::task<> inject_hang();
    [[nodiscard]] runtime::task<> inject_crash();
    [[nodiscard]] runtime::task<> watch();
    [[nodiscard]] runtime::task<> heed_signals();
    [[nodiscard]] runtime::task<> until(duration since_start);

    [[nodiscard]] duration elapsed() noexcept { return outside_.now() - result_.start; }

    void say(duration at);
    void conclude();

    const scenario& plan_;
    arm_setup setup_;
    runtime::epoll outside_;
    runtime::loop loop_{outside_};
    runtime::scope root_{loop_};
    runtime::scope watching_{root_};
    runtime::task_group tasks_;
    runtime::signals signals_{outside_, {SIGINT, SIGTERM}};
    switches switches_;
    load::generator_priority priority_;
    load::host_meter meter_;
    arm_result result_;
    std::optional<evidence_log> log_;
    std::optional<load::http_driver> driver_;
    load::driver_numbers told_;
    std::uint64_t told_successes_ = 0;
    bool served_ = false;
    int interrupted_ = 0;
};

}  // namespace curfew::demo
