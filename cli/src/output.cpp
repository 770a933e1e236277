#include "output.hpp"

#include <curfew/core/failure.hpp>

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace curfew::cli {

namespace {

void print_error(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
}

bool wants_colour(const invocation& line) {
    const auto when = line.value("--color", "auto");
    const char* refused = std::getenv("NO_COLOR");
    if (when != "auto") return when == "always";
    return (!refused || !*refused) && ::isatty(STDERR_FILENO) == 1;
}

constexpr std::string_view red = "\033[1;31m";
constexpr std::string_view yellow = "\033[1;33m";

void print_error(
    const invocation& line,
    std::string_view mark,
    const policy::problem& what,
    std::string_view colour
) {
    auto text = std::string{mark} + policy::format(what);
    if (wants_colour(line)) {
        text.insert(mark.size() + what.origin.size(), "\033[0m");
        text.insert(0, colour);
    }
    print_error(text);
}

}  // namespace

void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

int complain(const usage_problem& what) {
    std::string text = "curfew: " + what.sentence + '\n';
    if (!what.hint.empty()) text += "  hint: " + what.hint + '\n';
    print_error(text);
    return describe(errc::bad_usage).exit_code;
}

int complain(const invocation& line, const policy::problem& what) {
    print_error(line, "", what, red);
    return describe(what.code).exit_code;
}

void warn(const invocation& line, const policy::problem& what) {
    if (!line.has("--quiet")) print_error(line, "warning: ", what, yellow);
}

int complain(const invocation& line, const policy::loading& what) {
    int code = 0;
    for (const auto& each : what.problems) {
        code = complain(line, each);
    }
    if (what.problems_left_out > 0) {
        const auto more = std::to_string(what.problems_left_out);
        code = complain(usage_problem{"and " + more + " further problems", ""});
    }
    return code;
}

int finish(int exit_code) {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit_code;
    print_error(
        "curfew: the result cannot be written: " + std::string{std::strerror(errno)} + '\n'
    );
    return describe(errc::io_error).exit_code;
}

}  // namespace curfew::cli
