#pragma once

#include "admin_site.hpp"
#include "event_log.hpp"
#include "fleet.hpp"
#include "http_probe.hpp"
#include <curfew/gateway/gateway.hpp>
#include <curfew/policy/policy.hpp>
#include <curfew/process/backend.hpp>
#include <curfew/process/line_writer.hpp>
#include <curfew/process/spawn.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/signals.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace curfew::cli {

/// `curfew serve` from its policy to its end: the listeners, the workers, the backend, the signals.
/// Thread rule: the main thread.
class serving final : public process::backend_watcher {
  public:
    explicit serving(std::shared_ptr<const policy::policy> rules);
    serving(const serving&) = delete;
    serving& operator=(const serving&) = delete;
    ~serving() override;

    /// Until it is told to stop, or cannot go on. The exit code.
    [[nodiscard]] int run();

  private:
    [[nodiscard]] bool listen();
    [[nodiscard]] runtime::task<> obey_signals();
    [[nodiscard]] runtime::task<> run_backend();
    [[nodiscard]] runtime::task<> stop();
    [[nodiscard]] runtime::task<gateway::snapshot> draw(runtime::scope& under);
    void announce_ready();
    void end_with(int exit_code);

    void told(process::backend_state state, std::string_view sentence) override;
    void printed(std::string_view line) override;

    std::shared_ptr<const policy::policy> rules_;
    runtime::epoll outside_;
    runtime::loop loop_;
    runtime::signals signals_;
    event_log log_;
    runtime::scope root_;
    runtime::task_group tasks_;
    gateway::gateway gateway_;
    fleet fleet_;
    admin_site admin_;
    process::system_host host_;
    process::line_writer output_;
    std::unique_ptr<http_probe> probe_;
    std::unique_ptr<process::backend> backend_;
    runtime::endpoint http_at_;
    runtime::endpoint admin_at_;
    time_point started_;
    std::string last_exit_;
    int exit_code_ = 0;
    runtime::baton backend_ended_;
    bool backend_running_ = false;
    bool announced_ = false;
    bool draining_ = false;
};

}  // namespace curfew::cli
