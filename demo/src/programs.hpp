#pragma once

#include <curfew/core/deadline.hpp>
#include <curfew/core/failure.hpp>
#include <curfew/process/spawn.hpp>
#include <curfew/runtime/endpoint.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::demo {

/// A program that was started, with everything it starts; ended with this object at the latest.
class program {
  public:
    /// Starts it in `directory`; its stderr is ours when `verbose`, else nobody's.
    [[nodiscard]] static result<program> start(
        std::vector<std::string> arguments, const std::string& directory, bool verbose
    );

    /// The first line on its stdout that begins with "ready http=", waited for at most 15 s.
    /// Errors: own_timeout, upstream_closed (it ended before).
    [[nodiscard]] result<std::string> ready_line();

    /// Ends it: SIGTERM, 5 s, SIGKILL.
    void stop();

  private:
    explicit program(std::unique_ptr<process::unit> started) noexcept : unit_{std::move(started)} {}

    std::unique_ptr<process::unit> unit_;
};

/// The address behind `name` in a ready line: "127.0.0.1:8080" of "http=127.0.0.1:8080 ...".
[[nodiscard]] result<runtime::endpoint> address_in(std::string_view line, std::string_view name);

/// The shop's program: `wished` if not empty, else beside the running program (an installation), or
/// in the build tree it lies in. Empty when it is nowhere.
[[nodiscard]] std::string find_shop(const std::string& wished);

}  // namespace curfew::demo
