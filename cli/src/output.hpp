#pragma once

#include "table.hpp"
#include <curfew/policy/load.hpp>

#include <string>
#include <string_view>

namespace curfew::cli {

/// A command line that is not understood.
struct usage_problem {
    std::string sentence;
    std::string hint;
};

/// Results go to stdout.
void print(std::string_view text);

/// Everything else goes to stderr. Both say `curfew: ` first and return the exit code.
int complain(const usage_problem& what);
int complain(const invocation& line, const policy::problem& what);
/// Of a policy that does not validate: all that is wrong with it.
int complain(const invocation& line, const policy::loading& what);

/// "warning: " and what it is, on stderr; nothing with --quiet.
void warn(const invocation& line, const policy::problem& what);

/// The exit code, once what was printed has left the process; 125 if it could not.
[[nodiscard]] int finish(int exit_code);

}  // namespace curfew::cli
