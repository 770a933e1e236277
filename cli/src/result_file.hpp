#pragma once

#include <string>
#include <string_view>

namespace curfew::cli {

/// A file that is there whole or not at all: written beside its place and moved there, behind links
/// at what they lead to. What is no regular file (a pipe), or is where our own output goes
/// (/dev/stdout), is written to as it is. An error is its errno, 0 is none.
class result_file {
  public:
    /// An empty path: none is wanted.
    explicit result_file(std::string path) : path_{std::move(path)} {}

    result_file(const result_file&) = delete;
    result_file& operator=(const result_file&) = delete;
    ~result_file();

    /// Whether it can be written, before anything depends on it.
    [[nodiscard]] int prepare();

    [[nodiscard]] int write(std::string_view text);

  private:
    std::string path_;
    std::string beside_;
    int descriptor_ = -1;
};

}  // namespace curfew::cli
