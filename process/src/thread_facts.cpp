#include "thread_facts.hpp"

#include "proc_directory.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace curfew::process {
namespace {

constexpr std::size_t most_descriptors = 64;
constexpr std::size_t most_threads = 256;
constexpr std::size_t largest_socket_table = 4U << 20U;

enum class argument : std::uint8_t { none, descriptor, poll_array };

struct known_call {
    long number;
    std::string_view name;
    argument first;
    interest telling;
};

constexpr auto known_calls = std::to_array<known_call>({
    {SYS_read, "read", argument::descriptor, interest::blocked},
    {SYS_write, "write", argument::descriptor, interest::blocked},
    {SYS_readv, "readv", argument::descriptor, interest::blocked},
    {SYS_writev, "writev", argument::descriptor, interest::blocked},
    {SYS_pread64, "pread64", argument::descriptor, interest::blocked},
    {SYS_pwrite64, "pwrite64", argument::descriptor, interest::blocked},
    {SYS_recvfrom, "recvfrom", argument::descriptor, interest::blocked},
    {SYS_recvmsg, "recvmsg", argument::descriptor, interest::blocked},
    {SYS_sendto, "sendto", argument::descriptor, interest::blocked},
    {SYS_sendmsg, "sendmsg", argument::descriptor, interest::blocked},
    {SYS_connect, "connect", argument::descriptor, interest::blocked},
    {SYS_flock, "flock", argument::descriptor, interest::blocked},
    {SYS_fcntl, "fcntl", argument::descriptor, interest::blocked},
    {SYS_fsync, "fsync", argument::descriptor, interest::blocked},
    {SYS_fdatasync, "fdatasync", argument::descriptor, interest::blocked},
    {SYS_sendfile, "sendfile", argument::descriptor, interest::blocked},
    {SYS_openat, "openat", argument::none, interest::blocked},
    {SYS_accept, "accept", argument::descriptor, interest::idle},
    {SYS_accept4, "accept4", argument::descriptor, interest::idle},
#ifdef SYS_poll
    {SYS_poll, "poll", argument::poll_array, interest::blocked},
    {SYS_select, "select", argument::none, interest::idle},
    {SYS_epoll_wait, "epoll_wait", argument::descriptor, interest::idle},
    {SYS_pause, "pause", argument::none, interest::idle},
#endif
    {SYS_ppoll, "ppoll", argument::poll_array, interest::blocked},
    {SYS_pselect6, "pselect6", argument::none, interest::idle},
    {SYS_epoll_pwait, "epoll_pwait", argument::descriptor, interest::idle},
    {SYS_epoll_pwait2, "epoll_pwait2", argument::descriptor, interest::idle},
    {SYS_futex, "futex", argument::none, interest::lock},
    {SYS_nanosleep, "nanosleep", argument::none, interest::lock},
    {SYS_clock_nanosleep, "clock_nanosleep", argument::none, interest::lock},
    {SYS_restart_syscall, "restart_syscall", argument::none, interest::lock},
    {SYS_semtimedop, "semtimedop", argument::none, interest::lock},
    {SYS_msgrcv, "msgrcv", argument::none, interest::lock},
    {SYS_io_uring_enter, "io_uring_enter", argument::none, interest::idle},
    {SYS_rt_sigtimedwait, "rt_sigtimedwait", argument::none, interest::idle},
    {SYS_rt_sigsuspend, "rt_sigsuspend", argument::none, interest::idle},
    {SYS_wait4, "wait4", argument::none, interest::none},
    {SYS_waitid, "waitid", argument::none, interest::none},
});

std::string_view next_word(std::string_view& text) noexcept {
    const auto begin = std::min(text.find_first_not_of(" \t"), text.size());
    text.remove_prefix(begin);
    const auto size = std::min(text.find_first_of(" \t\n"), text.size());
    const auto word = text.substr(0, size);
    text.remove_prefix(size);
    return word;
}

template <class Number>
std::optional<Number> to_number(std::string_view word, int base) noexcept {
    if (base == 16 && word.starts_with("0x")) {
        word.remove_prefix(2);
    }
    Number value{};
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), value, base);
    const bool whole = parsed.ec == std::errc{} && parsed.ptr == word.data() + word.size();
    return whole && !word.empty() ? std::optional{value} : std::nullopt;
}

template <class Function>
void for_each_line(std::string_view text, Function&& take) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        take(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

// `0100007F:1538`: the address as 32-bit words in the machine's order, the port in network order.
std::optional<std::string> to_address(std::string_view word) {
    const auto colon = word.find(':');
    const auto port = to_number<unsigned>(word.substr(std::min(colon + 1, word.size())), 16);
    if (colon == word.npos || !port || (colon != 8 && colon != 32)) {
        return std::nullopt;
    }
    std::array<std::uint32_t, 4> words{};
    for (std::size_t i = 0; i < colon / 8; ++i) {
        const auto part = to_number<std::uint32_t>(word.substr(i * 8, 8), 16);
        if (!part) {
            return std::nullopt;
        }
        words[i] = *part;
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    const bool mapped = words[0] == 0 && words[1] == 0 && words[2] == htonl(0xFFFF);
    if (colon == 8 || mapped) {
        ::inet_ntop(AF_INET, &words[colon == 8 ? 0 : 3], text.data(), text.size());
        return std::string{text.data()} + ':' + std::to_string(*port);
    }
    ::inet_ntop(AF_INET6, words.data(), text.data(), text.size());
    return '[' + std::string{text.data()} + "]:" + std::to_string(*port);
}

std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\0')) {
        text.pop_back();
    }
    return text;
}

socket_table read_sockets(pid_t pid) {
    const auto base = "/proc/" + std::to_string(pid) + "/net/";
    socket_table table;
    for (const char* kind : {"tcp", "tcp6", "udp", "udp6"}) {
        parse_inet_sockets(read_small_file((base + kind).c_str(), largest_socket_table), table);
    }
    parse_unix_sockets(read_small_file((base + "unix").c_str(), largest_socket_table), table);
    return table;
}

constexpr std::string_view socket_prefix = "socket:[";

bool is_unknown_socket(const descriptor_facts& of) noexcept {
    return of.peer.empty() && of.what.starts_with(socket_prefix);
}

void name_sockets(std::vector<descriptor_facts>& all, const socket_table& sockets) {
    for (auto& each : all) {
        if (!is_unknown_socket(each)) {
            continue;
        }
        const auto digits = std::string_view{each.what}.substr(socket_prefix.size());
        const auto inode = to_number<std::uint64_t>(digits.substr(0, digits.find(']')), 10);
        if (const auto known = sockets.find(inode.value_or(0)); known != sockets.end()) {
            each.peer = known->second;
        }
    }
}

}  // namespace

std::optional<syscall_facts> parse_syscall(std::string_view text) {
    const auto number = to_number<long>(next_word(text), 10);
    if (!number || *number < 0) {
        return std::nullopt;
    }
    syscall_facts facts;
    const auto first = to_number<std::uint64_t>(next_word(text), 16);
    const auto second = to_number<std::uint64_t>(next_word(text), 16);
    const auto known = std::ranges::find(known_calls, *number, &known_call::number);
    if (known == known_calls.end()) {
        facts.name = "system call " + std::to_string(*number);
        return facts;
    }
    facts.name = known->name;
    facts.telling = known->telling;
    if (known->first == argument::descriptor && first) {
        facts.descriptor = static_cast<int>(*first);
    } else if (known->first == argument::poll_array && first && second) {
        facts.polled_at = *first;
        facts.polled_count = *second;
        facts.telling = *second == 1 ? interest::blocked : interest::idle;
    }
    return facts;
}

interest thread_facts::telling() const noexcept {
    if (state == 'R') {
        return interest::running;
    }
    if (state == 'D' || state == 'T') {
        return interest::stuck;
    }
    return in ? in->telling : interest::none;
}

void parse_inet_sockets(std::string_view text, socket_table& into) {
    for_each_line(text, [&](std::string_view line) {
        next_word(line);  // sl
        const auto local = to_address(next_word(line));
        const auto remote = to_address(next_word(line));
        const auto state = next_word(line);
        for (int i = 0; i < 5; ++i) {  // tx:rx queues, timer, retransmits, uid, time-out
            next_word(line);
        }
        const auto inode = to_number<std::uint64_t>(next_word(line), 10);
        if (local && remote && inode && *inode != 0) {
            into[*inode] = state == "0A" ? "listening on " + *local : *remote;
        }
    });
}

void parse_unix_sockets(std::string_view text, socket_table& into) {
    for_each_line(text, [&](std::string_view line) {
        for (int i = 0; i < 6; ++i) {  // number, references, protocol, flags, type, state
            next_word(line);
        }
        const auto inode = to_number<std::uint64_t>(next_word(line), 10);
        if (inode && *inode != 0) {
            const auto path = next_word(line);
            into[*inode] = path.empty() ? "unix socket" : "unix " + std::string{path};
        }
    });
}

std::vector<thread_facts> read_threads(pid_t pid) {
    std::vector<thread_facts> threads;
    const auto base = "/proc/" + std::to_string(pid) + "/task/";
    for (const auto tid : numbers_in_directory(base.c_str(), most_threads)) {
        const auto folder = base + std::to_string(tid);
        thread_facts facts;
        facts.tid = tid;
        if (auto stat = parse_stat(read_small_file((folder + "/stat").c_str(), 1024))) {
            facts.state = stat->state;
            facts.name = std::move(stat->name);
        }
        facts.wait_channel = trimmed(read_small_file((folder + "/wchan").c_str(), 128));
        if (facts.wait_channel == "0") {
            facts.wait_channel.clear();
        }
        facts.in = parse_syscall(read_small_file((folder + "/syscall").c_str(), 512));
        threads.push_back(std::move(facts));
    }
    return threads;
}

std::vector<descriptor_facts> read_descriptors(pid_t pid) {
    std::vector<descriptor_facts> all;
    const auto base = "/proc/" + std::to_string(pid) + "/fd/";
    for (const int number : numbers_in_directory(base.c_str(), most_descriptors)) {
        all.push_back({number, read_link((base + std::to_string(number)).c_str()), {}});
    }
    // The kernel's table leaves one out now and then while others come and go beside it.
    constexpr int looks = 2;
    for (int i = 0; i < looks && std::ranges::any_of(all, is_unknown_socket); ++i) {
        name_sockets(all, read_sockets(pid));
    }
    return all;
}

std::optional<int> read_polled_descriptor(pid_t pid, const syscall_facts& call) {
    if (call.polled_at == 0 || call.polled_count != 1) {
        return std::nullopt;
    }
    pollfd polled{};
    const iovec here{&polled, sizeof polled};
    const iovec there{reinterpret_cast<void*>(call.polled_at), sizeof polled};
    const auto got = ::process_vm_readv(pid, &here, 1, &there, 1, 0);
    return got == static_cast<ssize_t>(sizeof polled) ? std::optional{polled.fd} : std::nullopt;
}

}  // namespace curfew::process
