#include "python_stack.hpp"

#include "proc_directory.hpp"
#include <curfew/runtime/descriptor.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>

namespace curfew::process {
namespace {

constexpr std::size_t largest_answer = 256 * 1024;
constexpr int quiet_looks = 3;  // this many looks, 5 ms apart, without growth: it is done
constexpr duration answer_limit = std::chrono::milliseconds{500};

off_t size_of(const std::string& path) noexcept {
    struct stat facts{};
    return ::stat(path.c_str(), &facts) == 0 ? facts.st_size : -1;
}

bool catches(pid_t pid, int signal) {
    const auto status = read_small_file(("/proc/" + std::to_string(pid) + "/status").c_str());
    constexpr std::string_view key = "\nSigCgt:\t";
    const auto at = status.find(key);
    if (at == status.npos) {
        return false;
    }
    std::uint64_t mask = 0;
    const auto* begin = status.data() + at + key.size();
    std::from_chars(begin, status.data() + status.size(), mask, 16);
    return (mask >> (signal - 1) & 1U) != 0;
}

bool holds_open(pid_t pid, const std::string& path) {
    const auto base = "/proc/" + std::to_string(pid) + "/fd/";
    return std::ranges::any_of(numbers_in_directory(base.c_str(), 4096), [&](int number) {
        return read_link((base + std::to_string(number)).c_str()) == path;
    });
}

void await_quiet(const std::string& path, off_t before, time_point until) {
    const auto now = [] { return steady_clock{}.now(); };
    off_t last = before;
    for (int quiet = 0; quiet < quiet_looks && now() < until;) {
        ::poll(nullptr, 0, 5);
        const auto size = size_of(path);
        quiet = size == last && size > before ? quiet + 1 : 0;
        last = size;
    }
}

std::string read_from(const std::string& path, off_t begin) {
    const runtime::descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::string text(largest_answer, '\0');
    const auto got = ::pread(file.number(), text.data(), text.size(), begin);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text;
}

std::optional<python_frame> parse_frame(std::string_view line) {
    constexpr std::string_view file_key = "  File \"";
    constexpr std::string_view line_key = "\", line ";
    constexpr std::string_view function_key = " in ";
    const auto file_end = line.rfind(line_key);
    if (!line.starts_with(file_key) || file_end == line.npos || file_end < file_key.size()) {
        return std::nullopt;
    }
    python_frame frame;
    frame.file = line.substr(file_key.size(), file_end - file_key.size());
    const auto rest = line.substr(file_end + line_key.size());
    const auto function = rest.find(function_key);
    if (function == rest.npos) {
        return std::nullopt;
    }
    std::from_chars(rest.data(), rest.data() + function, frame.line);
    frame.function = rest.substr(function + function_key.size());
    return frame;
}

std::uint64_t parse_handle(std::string_view line) noexcept {
    constexpr std::string_view key = "hread 0x";
    std::uint64_t handle = 0;
    if (const auto at = line.find(key); at != line.npos) {
        std::from_chars(line.data() + at + key.size(), line.data() + line.size(), handle, 16);
    }
    return handle;
}

bool is_standard_library(std::string_view file) noexcept {
    return file.starts_with("<frozen ") ||
           (file.contains("/lib/python3") && !file.contains("-packages/"));
}

std::string module_name(std::string_view file) {
    auto stem = file.substr(file.rfind('/') + 1);
    if (stem == "__init__.py" && file.size() > stem.size() + 1) {
        const auto folder = file.substr(0, file.size() - stem.size() - 1);
        return std::string{folder.substr(folder.rfind('/') + 1)};
    }
    if (stem.ends_with(".py")) {
        stem.remove_suffix(3);
    }
    return std::string{stem};
}

}  // namespace

int python_signal() noexcept {
    return SIGRTMIN + 26;
}

std::vector<python_thread> parse_faulthandler(std::string_view text) {
    std::vector<python_thread> threads;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const bool current = line.starts_with("Current thread ");
        if (current || line.starts_with("Thread 0x") || line.starts_with("Stack (most recent")) {
            threads.push_back({current, parse_handle(line), {}});
        } else if (auto frame = parse_frame(line); frame && !threads.empty()) {
            threads.back().frames.push_back(std::move(*frame));
        }
    }
    return threads;
}

std::string name_place(const python_thread& thread) {
    const auto own = std::ranges::find_if(thread.frames, [](const auto& frame) {
        return !is_standard_library(frame.file);
    });
    return own == thread.frames.end() ? std::string{}
                                      : module_name(own->file) + ' ' + own->function;
}

std::string read_python_stacks(process_id whom, const std::string& stacks, time_point until) {
    if (stacks.empty() || !catches(whom.pid, python_signal()) || !holds_open(whom.pid, stacks)) {
        return {};
    }
    // It is appended to, so what earlier dumps left can go: the file does not grow.
    if (::truncate(stacks.c_str(), 0) != 0) {
        return {};
    }
    const auto before = size_of(stacks);
    if (before < 0 || !signal_exactly(whom, python_signal())) {
        return {};
    }
    until = std::min(until, add_saturated(steady_clock{}.now(), answer_limit));
    await_quiet(stacks, before, until);
    return read_from(stacks, before);
}

}  // namespace curfew::process
