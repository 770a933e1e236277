#include "terminal_settings.hpp"

#include <unistd.h>

namespace curfew::runner {

terminal_settings::terminal_settings() noexcept {
    termios now{};
    const bool is_ours = ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
    if (is_ours && ::tcgetattr(STDIN_FILENO, &now) == 0) as_it_was_ = now;
}

void terminal_settings::restore() const noexcept {
    const bool is_ours = ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
    if (as_it_was_ && is_ours) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &*as_it_was_);
}

}  // namespace curfew::runner
