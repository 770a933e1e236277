#include "terminal_screen.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace curfew::cli {

namespace {

constexpr std::string_view take_over = "\033[?1049h\033[?25l\033[?7l\033[2J";
constexpr std::size_t most = 1000;  ///< columns, and rows
constexpr std::string_view give_back = "\033[?7h\033[?25h\033[?1049l";

/// A description of its own of stdout's terminal: what is made non-blocking is ours alone.
runtime::descriptor open_terminal() noexcept {
    std::array<char, 256> name{};
    if (::ttyname_r(STDOUT_FILENO, name.data(), name.size()) != 0) {
        return {};
    }
    return runtime::descriptor{::open(name.data(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
}

}  // namespace

bool terminal_screen::is_there() noexcept {
    const char* kind = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) == 1 && kind != nullptr && *kind != '\0' &&
           std::string_view{kind} != "dumb" && open_terminal();
}

std::size_t terminal_screen::columns(std::size_t otherwise) noexcept {
    winsize told{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &told) == 0 && told.ws_col != 0;
    return known ? std::min<std::size_t>(told.ws_col, most) : otherwise;
}

terminal_screen::terminal_screen(runtime::poller& outside)
    : tty_{std::make_unique<runtime::watched_descriptor>(outside, open_terminal())} {}

void terminal_screen::enter() {
    termios now{};
    if (::tcgetattr(tty_->number(), &now) != 0) {
        return;
    }
    if (!before_) {
        before_ = now;
    }
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    now.c_cc[VMIN] = 1;
    now.c_cc[VTIME] = 0;
    ::tcsetattr(tty_->number(), TCSADRAIN, &now);
    unsent_.clear();
    forget();
    say(take_over);
}

void terminal_screen::leave() noexcept {
    if (!before_) {
        return;
    }
    unsent_.clear();
    say(give_back);
    flush();
    ::tcsetattr(tty_->number(), TCSANOW, &*before_);
    before_.reset();
}

admin::screen_size terminal_screen::size() const noexcept {
    winsize told{};
    if (::ioctl(tty_->number(), TIOCGWINSZ, &told) != 0 || told.ws_col == 0 || told.ws_row == 0) {
        return {};
    }
    return {std::min<std::size_t>(told.ws_col, most), std::min<std::size_t>(told.ws_row, most)};
}

void terminal_screen::say(std::string_view text) noexcept {
    unsent_ += text;
    flush();
}

void terminal_screen::flush() noexcept {
    while (!unsent_.empty()) {
        const auto wrote = ::write(tty_->number(), unsent_.data(), unsent_.size());
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return;
        }
        unsent_.erase(0, static_cast<std::size_t>(wrote));
    }
}

void terminal_screen::show(const std::vector<std::string>& lines) {
    flush();
    if (!before_ || !unsent_.empty()) {
        return;
    }
    if (shown_.size() != lines.size()) {
        shown_.assign(lines.size(), {});
    }
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i] != shown_[i]) {
            text.append("\033[").append(std::to_string(i + 1)).append(";1H").append(lines[i]);
        }
    }
    shown_ = lines;
    say(text);
}

runtime::task<std::optional<std::string>> terminal_screen::typed(runtime::scope& under) {
    std::array<char, 256> room;
    for (;;) {
        const auto got = ::read(tty_->number(), room.data(), room.size());
        if (got > 0) {
            co_return std::string{room.data(), static_cast<std::size_t>(got)};
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            co_return std::nullopt;
        }
        tty_->ready().clear_readable();
        auto waiting = tty_->ready().wait_readable(under);
        const auto woken = co_await waiting;
        if (woken == runtime::wake::ended) {
            co_return std::string{};
        }
    }
}

}  // namespace curfew::cli
