#pragma once

#include <curfew/admin/watch_view.hpp>
#include <curfew/runtime/descriptor.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/task.hpp>

#include <termios.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace curfew::cli {

/// The terminal behind stdout as a screen: its alternate one, without a cursor, keys as they are
/// pressed. What was there before is back when it is left; leaving is the destructor's too. Never
/// waits for a terminal that takes nothing: it has the newest picture when it takes something.
/// Thread rule: the loop's thread.
class terminal_screen {
  public:
    /// Whether stdout is one that can be drawn on (`TERM` is not `dumb`).
    [[nodiscard]] static bool is_there() noexcept;

    explicit terminal_screen(runtime::poller& outside);
    terminal_screen(const terminal_screen&) = delete;
    terminal_screen& operator=(const terminal_screen&) = delete;

    ~terminal_screen() { leave(); }

    /// Takes the terminal; again after it was left, or after whoever stopped us had it.
    void enter();

    /// Gives it back as it was.
    void leave() noexcept;

    [[nodiscard]] admin::screen_size size() const noexcept;

    /// Of stdout's terminal, whatever is done with it; `otherwise` where it is none.
    [[nodiscard]] static std::size_t columns(std::size_t otherwise) noexcept;

    /// Draws what is different from what is there.
    void show(const std::vector<std::string>& lines);

    /// The next show draws all of it.
    void forget() noexcept { shown_.clear(); }

    /// What was typed. Empty: the scope ended. Nothing: the terminal has gone.
    [[nodiscard]] runtime::task<std::optional<std::string>> typed(runtime::scope& under);

  private:
    void flush() noexcept;
    void say(std::string_view text) noexcept;

    std::unique_ptr<runtime::watched_descriptor> tty_;
    std::optional<termios> before_;  ///< while it is entered
    std::vector<std::string> shown_;
    std::string unsent_;
};

}  // namespace curfew::cli
