#pragma once

#include <curfew/core/event.hpp>
#include <curfew/policy/policy.hpp>

#include <memory>
#include <string_view>

namespace spdlog {
class logger;
}

namespace curfew::cli {

/// Writes events to stderr as lines of text or JSON, by a thread of its own: 8192 lines may wait,
/// then the oldest are dropped, so a loop never blocks on a full pipe. Event attributes are the
/// only texts from outside; control bytes in them are escaped.
/// Thread rule: any thread.
class event_log final : public event_sink {
  public:
    explicit event_log(const policy::server_policy& how);
    event_log(const event_log&) = delete;
    event_log& operator=(const event_log&) = delete;
    ~event_log() override;

    void record(const event& what) noexcept override;

    /// A sentence of Curfew's own.
    void say(policy::severity level, std::string_view sentence) noexcept;

  private:
    void write(policy::severity level, const std::string& line) noexcept;

    bool json_;
    bool access_log_;
    policy::severity least_;
    std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace curfew::cli
