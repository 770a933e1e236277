#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/runtime/descriptor.hpp>

#include <sys/types.h>

#include <optional>

namespace curfew::runner {

/// A signal that came.
struct told_signal {
    int number = 0;
    bool from_kernel = false;  ///< from the terminal: everyone in the process group has had it
    pid_t sender = 0;          ///< of one that a process sent
};

/// The signals that somebody sends to a run, as something to wait on instead of handlers. While one
/// exists they are blocked in its thread and in threads begun later: make it before any. Those that
/// are ignored (SIGHUP under nohup) stay so. What has come and was not taken when it ends is lost.
/// Thread rule: the thread that made it.
class signal_inbox {
  public:
    /// Errors: local_resource with errno.
    [[nodiscard]] static result<signal_inbox> open() noexcept;

    signal_inbox(signal_inbox&& other) noexcept = default;
    signal_inbox& operator=(signal_inbox&& other) noexcept = default;
    ~signal_inbox();

    /// Readable when one has come.
    [[nodiscard]] int descriptor() const noexcept { return from_.number(); }

    /// The next one; children that ended are reaped on the way. Nothing: none has come.
    [[nodiscard]] std::optional<told_signal> next() noexcept;

  private:
    explicit signal_inbox(runtime::descriptor from) noexcept : from_{std::move(from)} {}

    runtime::descriptor from_;
};

}  // namespace curfew::runner
