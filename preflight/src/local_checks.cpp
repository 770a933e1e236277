#include "local_checks.hpp"

#include "conversation.hpp"
#include <curfew/policy/size_text.hpp>
#include <curfew/process/errand.hpp>
#include <curfew/runtime/descriptor.hpp>

#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace curfew::preflight {

using runtime::task;

namespace {

constexpr classification clock_of_machine{
    failure_kind::config, "the clock is the machine's, and no waiting sets it"
};

finding system_finding(const std::string& what, int error) {
    return {.sentence = what + ": " + std::strerror(error), .error_number = error};
}

std::string last_line(std::string_view text) {
    while (text.ends_with('\n'))
        text.remove_suffix(1);
    const auto before = text.rfind('\n');
    return clean(before == text.npos ? text : text.substr(before + 1));
}

/// " has 12 MiB left, and 64MiB are asked for"
std::string lacks(std::uint64_t free, std::uint64_t least) {
    constexpr std::uint64_t mib = 1024 * 1024;
    return " has " + std::to_string(free / mib) + " MiB left, and " + policy::format_size(least) +
           " are asked for";
}

/// Whether a file can be made there; it has no name, and is gone with its descriptor.
int try_to_write(const std::string& directory) noexcept {
    const runtime::descriptor made{::open(directory.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)
    };
    if (!made && errno == EOPNOTSUPP) {
        return ::access(directory.c_str(), W_OK | X_OK) == 0 ? 0 : errno;
    }
    if (!made) return errno;
    const char byte = 0;
    return ::write(made.number(), &byte, 1) == 1 ? 0 : errno;
}

std::optional<finding> look_at_disk(const std::string& where, std::uint64_t least) {
    struct statvfs seen{};
    if (::statvfs(where.c_str(), &seen) != 0) {
        return system_finding(where, errno);
    }
    if (const int error = try_to_write(where); error != 0) {
        return system_finding(where + " takes no file", error);
    }
    const auto free = static_cast<std::uint64_t>(seen.f_bavail) * seen.f_frsize;
    if (free >= least) return std::nullopt;
    return finding{.sentence = where + lacks(free, least), .error_number = ENOSPC};
}

}  // namespace

task<std::optional<finding>> command_check::attempt(runtime::scope& under) {
    process::command what;
    what.arguments = rules_.command;
    what.standard_output = process::output::discard;
    what.standard_error = process::output::capture;
    what.start_limit = std::min<duration>(rules_.timeout, std::chrono::seconds{1});
    auto running = process::run_errand(with_.machine, what, under);
    const auto ran = co_await running;
    const auto& name = rules_.command.front();
    if (!ran) {
        const auto why = ran.error();
        co_return finding{
            .sentence = name + ": " + std::string{describe(why.code).title},
            .error_number = why.code == errc::command_not_found ? ENOENT : why.detail
        };
    }
    if (!ran->ended) {
        co_return finding{
            .sentence = name + " did not end in time and was killed", .timed_out = true
        };
    }
    if (ran->ended->clean()) {
        co_return std::nullopt;
    }
    const auto said = last_line(ran->said);
    co_return finding{
        .sentence =
            name + ": " + process::describe(*ran->ended) + (said.empty() ? "" : ": " + said),
        .message = said
    };
}

task<std::optional<finding>> disk_check::attempt(runtime::scope& under) {
    if (under_way_ == nullptr) {
        under_way_ = looking::begin([where = rules_.target, least = rules_.free] {
            return look_at_disk(where, least);
        });
    }
    if (under_way_ == nullptr) {
        co_return finding{.sentence = "there is no thread to be had to look at the disk with"};
    }
    auto waiting = looking::wait(under_way_, under);
    const bool done = co_await waiting;
    if (!done) {
        co_return finding{
            .sentence = rules_.target + ": the file system does not answer in time",
            .timed_out = true
        };
    }
    auto found = std::move(under_way_->result());
    under_way_.reset();
    co_return found;
}

task<std::optional<finding>> memory_check::attempt(runtime::scope&) {
    const auto free = sampler_.sample().memory_free;
    if (!free) {
        co_return finding{.sentence = "the kernel does not tell how much memory there is"};
    }
    if (*free >= rules_.free) {
        co_return std::nullopt;
    }
    co_return finding{.sentence = "the memory" + lacks(*free, rules_.free)};
}

task<std::optional<finding>> clock_check::attempt(runtime::scope&) {
    // 2025-01-01: no Curfew ran before.
    constexpr std::time_t earliest = 1'735'689'600;
    timex state{};
    const int kept = ::adjtimex(&state);
    if (state.time.tv_sec < earliest) {
        co_return finding{
            .sentence = "the clock of this machine is years behind", .known = clock_of_machine
        };
    }
    if (kept < 0) {
        co_return system_finding("the kernel does not tell how its clock is kept", errno);
    }
    if (kept == TIME_ERROR) {
        co_return finding{
            .sentence = "the clock of this machine is kept by nobody (no time synchronisation)",
            .known = clock_of_machine
        };
    }
    co_return std::nullopt;
}

}  // namespace curfew::preflight
