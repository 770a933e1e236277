#pragma once

#include <curfew/runtime/descriptor.hpp>

#include <cstdint>

namespace curfew::cli {

/// What SIGHUP is to a program that was started from a terminal, or was not.
enum class hangup : std::uint8_t {
    ignored,   ///< it was ignored when we were started: nohup
    terminal,  ///< our controlling terminal has been closed
    request,   ///< somebody sent it: by custom, "read your configuration again"
};

/// The controlling terminal of this process, if it has one. Thread rule: one thread at a time.
class terminal {
  public:
    terminal();

    /// What a SIGHUP that has just arrived is.
    [[nodiscard]] hangup meaning_of_hangup() const noexcept;

  private:
    bool ignored_;
    runtime::descriptor opened_;
};

}  // namespace curfew::cli
