#pragma once

#include "../startup_story.hpp"
#include <curfew/core/event.hpp>
#include <curfew/gateway/snapshot.hpp>
#include <curfew/policy/policy.hpp>
#include <curfew/preflight/examination.hpp>
#include <curfew/preflight/recheck.hpp>
#include <curfew/runtime/task_group.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace curfew::cli {

/// How the start went, and what of it fails still: looks again until all has passed, and tells.
/// Thread rule: the control loop's thread.
class startup_desk {
  public:
    struct surroundings {
        std::function<std::shared_ptr<const policy::policy>()> rules;  ///< under pressure
        std::function<std::string()> pressure;  ///< "vpc_connector_scaling 1.00"; empty: none
        std::function<bool()> connector_scales;
        std::function<void(const startup_story&)> tell;
    };

    /// `seen`: nothing where the start had no checks.
    startup_desk(
        runtime::loop& on,
        runtime::network& through,
        process::host& machine,
        const std::optional<preflight::examined>& seen,
        surroundings around
    );
    startup_desk(const startup_desk&) = delete;
    startup_desk& operator=(const startup_desk&) = delete;

    /// Tells what was found, and begins to look again at what failed.
    void begin();

    [[nodiscard]] std::optional<gateway::startup_snapshot> state() const;

    [[nodiscard]] runtime::task<> close();

  private:
    [[nodiscard]] runtime::task<> watch();
    [[nodiscard]] preflight::recheck::surroundings recheck_surroundings(
        runtime::loop& on, runtime::network& through, process::host& machine
    );

    surroundings around_;
    std::optional<preflight::examined> seen_;
    preflight::recheck recheck_;
    runtime::scope scope_;
    runtime::task_group tasks_;
};

}  // namespace curfew::cli
