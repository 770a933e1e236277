#pragma once

#include "access_file.hpp"
#include "access_sample.hpp"
#include <curfew/core/event.hpp>
#include <curfew/gateway/snapshot.hpp>
#include <curfew/policy/policy.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace curfew::cli {

/// A JSON line for each request that the policy's sample tells of (docs/access-log.md). A loop only
/// copies what a line needs into a ring of its own, without a lock or an allocation; a thread of
/// the log makes the lines and writes them. What finds no room, because the disk or a reader is too
/// slow, is dropped and counted, and so is what cannot be written; that is said once.
/// Thread rule: the control loop's thread; sinks as they say.
class access_log {
  public:
    /// A loop may be ahead of the disk by so much: about 4 000 requests.
    static constexpr std::size_t ring_bytes = std::size_t{2} << 20;

    /// `tell` gets a sentence when lines are lost and when they are written again, on the log's
    /// thread, never after the destructor; it must not wait.
    explicit access_log(std::function<void(std::string_view)> tell);
    access_log(const access_log&) = delete;
    access_log& operator=(const access_log&) = delete;

    /// Writes what waits, for at most a second.
    ~access_log();

    /// Opens what `next` names, if that is another place than now, and makes ready for its lines;
    /// what is in force stays so until `adopt`. `io_error` with errno, `local_resource` for want of
    /// a thread or of memory, or while a disk that hangs keeps 16 moves waiting: then nothing may
    /// be adopted.
    [[nodiscard]] result<> prepare(const policy::access_log_policy& next);

    /// Puts in force what was prepared. What was recorded before goes where it was meant to, what
    /// is recorded after it to the new place, or nowhere. What is just being recorded when it is
    /// turned off counts as dropped.
    void adopt();

    /// For one thread, for as long as the log lives; while none is kept it takes nothing. At most
    /// 1024.
    [[nodiscard]] event_sink& sink();

    /// Nothing where none is kept.
    [[nodiscard]] std::optional<gateway::access_log_snapshot> state() const noexcept;

  private:
    struct shared;

    policy::access_log_policy how_;
    policy::access_log_policy next_;
    std::optional<access_file> next_file_;  ///< of `next_`, where it is another
    std::shared_ptr<shared> shared_;  ///< with the thread, which may be stuck longer than we wait
};

}  // namespace curfew::cli
