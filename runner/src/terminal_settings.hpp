#pragma once

#include <termios.h>

#include <optional>

namespace curfew::runner {

/// How our terminal is set, if standard input is one and is ours: who is killed may leave it
/// without an echo.
class terminal_settings {
  public:
    terminal_settings() noexcept;

    /// As it was. SIGTTOU must be blocked (signal_inbox sees to it).
    void restore() const noexcept;

  private:
    std::optional<termios> as_it_was_;
};

}  // namespace curfew::runner
