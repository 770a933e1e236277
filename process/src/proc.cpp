#include "proc_directory.hpp"
#include <curfew/process/proc.hpp>
#include <curfew/runtime/descriptor.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <memory>

namespace curfew::process {
namespace {

constexpr std::size_t highest_count = 4U << 20U;  // PID_MAX_LIMIT
constexpr std::string_view marker_key = "CURFEW_UNIT=";

struct stat_text {
    std::string_view pid;
    std::string_view name;
    std::string_view rest;
};

std::optional<stat_text> split_stat(std::string_view text) noexcept {
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == text.npos || close == text.npos || close < open || open < 2) {
        return std::nullopt;
    }
    return stat_text{
        text.substr(0, open - 1),
        text.substr(open + 1, close - open - 1),
        text.substr(close + 1),
    };
}

std::string_view next_field(std::string_view& rest) noexcept {
    const auto begin = rest.find_first_not_of(' ');
    if (begin == rest.npos) {
        return {};
    }
    const auto end = std::min(rest.find(' ', begin), rest.size());
    const auto field = rest.substr(begin, end - begin);
    rest.remove_prefix(end);
    return field;
}

template <class Number>
bool parse_number(std::string_view field, Number& into) noexcept {
    const auto parsed = std::from_chars(field.data(), field.data() + field.size(), into);
    return parsed.ec == std::errc{} && !field.empty();
}

bool skip_fields(std::string_view& rest, int count) noexcept {
    for (int i = 0; i < count; ++i) {
        if (next_field(rest).empty()) {
            return false;
        }
    }
    return true;
}

struct directory_closer {
    void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

std::size_t read_up_to(int file, char* into, std::size_t limit) noexcept {
    std::size_t size = 0;
    while (size < limit) {
        const auto got = ::read(file, into + size, limit - size);
        if (got <= 0) {
            break;
        }
        size += static_cast<std::size_t>(got);
    }
    return size;
}

}  // namespace

std::optional<stat_numbers> parse_stat_numbers(std::string_view text) noexcept {
    const auto parts = split_stat(text);
    if (!parts) {
        return std::nullopt;
    }
    stat_numbers numbers;
    auto rest = parts->rest;
    const auto state = next_field(rest);
    if (state.size() != 1) {
        return std::nullopt;
    }
    numbers.state = state.front();
    const bool complete = parse_number(parts->pid, numbers.id.pid) &&
                          parse_number(next_field(rest), numbers.parent) &&
                          parse_number(next_field(rest), numbers.group) &&
                          parse_number(next_field(rest), numbers.session) &&
                          skip_fields(rest, 13) &&  // tty_nr to nice
                          parse_number(next_field(rest), numbers.threads) && skip_fields(rest, 1) &&
                          parse_number(next_field(rest), numbers.id.started);
    return complete ? std::optional{numbers} : std::nullopt;
}

std::optional<process_facts> parse_stat(std::string_view text) {
    const auto numbers = parse_stat_numbers(text);
    if (!numbers) {
        return std::nullopt;
    }
    return process_facts{*numbers, std::string{split_stat(text)->name}, false};
}

bool has_marker(std::string_view environment, std::string_view marker) noexcept {
    while (!marker.empty() && !environment.empty()) {
        const auto end = std::min(environment.find('\0'), environment.size());
        const auto entry = environment.substr(0, end);
        if (entry.starts_with(marker_key) && entry.substr(marker_key.size()) == marker) {
            return true;
        }
        environment.remove_prefix(std::min(end + 1, environment.size()));
    }
    return false;
}

std::optional<stat_numbers> read_stat_numbers(pid_t pid) noexcept {
    std::array<char, 32> path{};
    std::snprintf(path.data(), path.size(), "/proc/%d/stat", static_cast<int>(pid));
    const runtime::descriptor file{::open(path.data(), O_RDONLY | O_CLOEXEC)};
    if (!file) {
        return std::nullopt;
    }
    std::array<char, 1024> text{};
    const auto size = read_up_to(file.number(), text.data(), text.size());
    return parse_stat_numbers({text.data(), size});
}

std::vector<process_facts> read_process_table(std::string_view marker) {
    std::vector<process_facts> table;
    for (const auto pid : numbers_in_directory("/proc", highest_count)) {
        const auto base = "/proc/" + std::to_string(pid);
        auto facts = parse_stat(read_small_file((base + "/stat").c_str(), 1024));
        if (!facts) {
            continue;
        }
        if (!marker.empty()) {
            facts->marked = has_marker(read_small_file((base + "/environ").c_str()), marker);
        }
        table.push_back(std::move(*facts));
    }
    return table;
}

std::vector<int> numbers_in_directory(const char* path, std::size_t limit) {
    std::vector<int> numbers;
    const std::unique_ptr<DIR, directory_closer> directory{::opendir(path)};
    while (const auto* entry = directory ? ::readdir(directory.get()) : nullptr) {
        const std::string_view name{entry->d_name};
        int number = 0;
        if (name.front() >= '0' && name.front() <= '9' && parse_number(name, number) &&
            numbers.size() < limit) {
            numbers.push_back(number);
        }
    }
    return numbers;
}

std::string read_link(const char* path) {
    std::array<char, 512> target{};
    const auto size = ::readlink(path, target.data(), target.size());
    return {target.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

std::string read_small_file(const char* path, std::size_t limit) {
    const runtime::descriptor file{::open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    if (!file) {
        return {};
    }
    std::string text(std::min<std::size_t>(limit, 4096), '\0');
    std::size_t size = 0;
    while (true) {
        size += read_up_to(file.number(), text.data() + size, text.size() - size);
        if (size < text.size() || size == limit) {
            break;
        }
        text.resize(std::min(text.size() * 2, limit));
    }
    text.resize(size);
    return text;
}

std::uint64_t parse_oom_kills(std::string_view vmstat) noexcept {
    constexpr std::string_view key = "\noom_kill ";
    const auto at = vmstat.find(key);
    std::uint64_t count = 0;
    if (at != std::string_view::npos) {
        const auto number = vmstat.substr(at + key.size());
        std::from_chars(number.data(), number.data() + number.size(), count);
    }
    return count;
}

std::uint64_t count_oom_kills() {
    return parse_oom_kills(read_small_file("/proc/vmstat"));
}

bool signal_exactly(process_id target, int signal) noexcept {
    const runtime::descriptor held{static_cast<int>(::syscall(SYS_pidfd_open, target.pid, 0))};
    const bool no_handles = !held && (errno == ENOSYS || errno == EPERM);  // an old sandbox
    if (!held && !no_handles) {
        return false;
    }
    const auto now = read_stat_numbers(target.pid);
    if (!now || now->id != target) {
        return false;
    }
    return no_handles ? ::kill(target.pid, signal) == 0
                      : ::syscall(SYS_pidfd_send_signal, held.number(), signal, nullptr, 0) == 0;
}

}  // namespace curfew::process
