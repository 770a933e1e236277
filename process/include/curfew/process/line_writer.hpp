#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace curfew::process {

/// Writes lines to a descriptor that may be slow or stuck (a terminal on hold, a full pipe) without
/// ever blocking its caller: a thread of its own writes. At most `capacity` bytes wait; lines that
/// find no room are dropped and counted, and the count is written when there is room again.
/// Writes to a pipe are whole lines of PIPE_BUF bytes at most, as far as lines are that short, so
/// that they are not torn by who else writes there.
/// Destroying it waits at most 200 ms for what is left. Thread rule: any thread.
class line_writer {
  public:
    static constexpr std::size_t capacity = 256 * 1024;

    /// Makes the line, with its newline, that tells how many were dropped; empty: a plain one.
    using loss_teller = std::function<std::string(std::size_t dropped)>;

    /// Writes to a copy of `descriptor`, whose reader may go: that is no signal to anybody.
    explicit line_writer(int descriptor, loss_teller tell_loss = {});
    line_writer(const line_writer&) = delete;
    line_writer& operator=(const line_writer&) = delete;
    ~line_writer();

    /// `line` ends with its newline.
    void write(std::string_view line);

    /// Lines dropped so far.
    [[nodiscard]] std::size_t dropped() const;

  private:
    struct shared;
    std::shared_ptr<shared> shared_;
};

}  // namespace curfew::process
