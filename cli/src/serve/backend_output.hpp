#pragma once

#include <curfew/policy/policy.hpp>
#include <curfew/process/line_writer.hpp>

#include <string>
#include <string_view>

namespace curfew::cli {

/// Passes on what the backend prints to stderr, among the log and in its format: as it is, or each
/// line as a JSON object with the backend's name (that of its program). Never blocks; what a slow
/// reader makes it lose is counted and told. Thread rule: any thread.
class backend_output {
  public:
    explicit backend_output(const policy::policy& rules);

    /// A line with its newline.
    void write(std::string_view line);

  private:
    std::string name_;
    bool json_;
    process::line_writer writer_;
};

}  // namespace curfew::cli
