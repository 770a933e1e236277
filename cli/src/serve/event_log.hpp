#pragma once

#include "repeat_filter.hpp"
#include <curfew/core/event.hpp>
#include <curfew/policy/policy.hpp>
#include <curfew/runtime/bell.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace curfew::cli {

/// Writes events to stderr as lines of text or JSON, by a thread of its own: 8192 lines may wait,
/// then the oldest are dropped, so a loop never blocks on a full pipe. Event attributes are the
/// only texts from outside; control bytes in them are escaped.
/// Of what happens again and again (the same name, outcome, cause and error) one line a second is
/// written. How many were left out is told by the next line, or within two seconds by a line of its
/// own; so is how many lines were lost, to a slow reader or for want of memory. Requests that went
/// well are not told: access_log does that. Lines are formatted where the event happens: a copy of
/// all that an event refers to would cost as much, and it is one line a second for each kind.
/// Thread rule: any thread.
class event_log final : public event_sink {
  public:
    /// `untold` is rung when something was left out or lost: a second later or so its loop calls
    /// tell_left_out(). Outlives the log.
    event_log(const policy::server_policy& how, runtime::bell& untold);
    event_log(const event_log&) = delete;
    event_log& operator=(const event_log&) = delete;

    /// Writes all that waits, and what was left out.
    ~event_log() override;

    /// What is told, from now on; its shape stays as it was.
    void reconfigure(const policy::server_policy& how) noexcept;

    void record(const event& what) noexcept override;

    /// A sentence of Curfew's own.
    void say(policy::severity level, std::string_view sentence) noexcept;

    /// Tells what was left out before the second of `now`, and what was lost.
    void tell_left_out(time_point now) noexcept;

  private:
    void write(const std::string& line);
    void tell(const untold& what);
    void tell_losses();

    std::mutex lock_;
    repeat_filter repeats_;
    runtime::bell& untold_;
    bool json_;
    std::atomic<policy::severity> least_;
    std::atomic<std::uint64_t> lost_ = 0;  ///< for want of memory
    std::uint64_t losses_told_ = 0;        ///< of these and of the lines that were dropped
    std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace curfew::cli
