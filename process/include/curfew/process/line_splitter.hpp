#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace curfew::process {

/// Cuts a byte stream into lines, each with a prefix and a newline, for showing the output of
/// several programs on one stream. A line over `longest` bytes is cut into pieces. Control bytes
/// pass, but NUL becomes a space. Remembers the last `remembered` lines, without prefix.
class line_splitter {
  public:
    using taker = std::function<void(std::string_view line)>;

    static constexpr std::size_t longest = 4000;  ///< with its prefix it fits PIPE_BUF
    static constexpr std::size_t remembered = 20;

    line_splitter(std::string prefix, taker take)
        : prefix_{std::move(prefix)}, take_{std::move(take)} {}

    void feed(std::string_view bytes);

    /// Passes on what is there of an unfinished line, as a line: its writer pauses or has ended.
    void flush();

    [[nodiscard]] bool partial() const noexcept { return !line_.empty(); }

    [[nodiscard]] const std::deque<std::string>& last() const noexcept { return last_; }

  private:
    std::string prefix_;
    taker take_;
    std::string line_;
    std::deque<std::string> last_;
};

}  // namespace curfew::process
