#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/core/failure.hpp>
#include <curfew/runtime/descriptor.hpp>

#include <sys/types.h>

#include <string>
#include <string_view>

namespace curfew::cli {

/// Where an access log goes: stderr, or a file that is appended to. A file that was moved away or
/// removed (as log rotation does, without a signal) is opened again under its name: that is looked
/// at before a write, at most once a second. So is one that could not be written.
/// Thread rule: one thread; writes wait as long as the disk, or the reader of a pipe, does.
class access_file {
  public:
    /// "stderr", or a path.
    explicit access_file(std::string destination) : destination_{std::move(destination)} {}

    /// Makes the file (0640) if there is none. `io_error` with errno.
    [[nodiscard]] result<> open();

    /// Appends whole lines; to a pipe at most PIPE_BUF bytes at a time where they are that short,
    /// so that who else writes there does not tear them. How many bytes were written: what is left
    /// is lost, and a line that was torn is ended before the next one.
    [[nodiscard]] std::size_t write(std::string_view lines, time_point now);

    /// Why the last open or write failed; 0: it did not.
    [[nodiscard]] int trouble() const noexcept { return trouble_; }

  private:
    void look(time_point now);

    std::string destination_;
    runtime::descriptor file_;
    dev_t device_ = 0;
    ino_t number_ = 0;
    time_point looked_at_ = time_point::min();
    bool torn_ = false;
    int trouble_ = 0;
};

}  // namespace curfew::cli
