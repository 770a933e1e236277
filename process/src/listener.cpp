#include "proc_directory.hpp"
#include <curfew/process/listener.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace curfew::process {
namespace {

constexpr std::size_t table_bytes = 1024 * 1024;
constexpr std::size_t descriptors_max = 65536;

std::string_view next_word(std::string_view& rest) noexcept {
    const auto begin = std::min(rest.find_first_not_of(' '), rest.size());
    const auto end = std::min(rest.find(' ', begin), rest.size());
    const auto word = rest.substr(begin, end - begin);
    rest.remove_prefix(end);
    return word;
}

template <class Number>
bool parse_all(std::string_view text, Number& into, int base) noexcept {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), into, base);
    return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
}

// Each group of eight digits is a word of the address as this machine reads it.
bool parse_words(std::string_view text, std::span<std::uint32_t> words) noexcept {
    return text.size() == words.size() * 8 &&
           std::ranges::all_of(words, [&, at = std::size_t{0}](std::uint32_t& word) mutable {
               return parse_all(text.substr(8 * at++, 8), word, 16);
           });
}

std::optional<runtime::endpoint> parse_address(std::string_view text) noexcept {
    const auto colon = text.find(':');
    std::uint16_t port = 0;
    if (colon == text.npos || !parse_all(text.substr(colon + 1), port, 16)) {
        return std::nullopt;
    }
    const auto host = text.substr(0, colon);
    std::array<std::uint32_t, 4> words{};
    if (parse_words(host, std::span{words}.first(1))) {
        sockaddr_in four{};
        four.sin_family = AF_INET;
        four.sin_port = htons(port);
        four.sin_addr.s_addr = words[0];
        return runtime::endpoint{reinterpret_cast<const sockaddr*>(&four)};
    }
    if (parse_words(host, words)) {
        sockaddr_in6 six{};
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(port);
        std::memcpy(&six.sin6_addr, words.data(), sizeof words);
        return runtime::endpoint{reinterpret_cast<const sockaddr*>(&six)};
    }
    return std::nullopt;
}

std::optional<listening_socket> parse_listener(std::string_view line) noexcept {
    constexpr std::string_view listening = "0A";
    constexpr int words_before_inode = 5;  // queues, timer, retransmissions, user, timeout
    next_word(line);
    const auto at = parse_address(next_word(line));
    next_word(line);
    if (!at || next_word(line) != listening) {
        return std::nullopt;
    }
    for (int i = 0; i < words_before_inode; ++i) {
        next_word(line);
    }
    listening_socket found{*at, 0};
    return parse_all(next_word(line), found.inode, 10) ? std::optional{found} : std::nullopt;
}

bool is_any(const runtime::endpoint& at) noexcept {
    if (at.family() == AF_INET) {
        return reinterpret_cast<const sockaddr_in*>(at.address())->sin_addr.s_addr == INADDR_ANY;
    }
    return at.family() == AF_INET6 &&
           IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(at.address())->sin6_addr);
}

bool is_mapped(const runtime::endpoint& at, const runtime::endpoint& to) noexcept {
    return at.family() == AF_INET6 && to.family() == AF_INET &&
           at.host_text() == "::ffff:" + to.host_text();
}

enum class holding : std::uint8_t { yes, no, hidden };

holding holds_any(pid_t pid, std::span<const std::string> sockets) {
    const std::string base = "/proc/" + std::to_string(pid) + "/fd";
    const auto open = numbers_in_directory(base.c_str(), descriptors_max);
    const bool holds = std::ranges::any_of(open, [&](int number) {
        const auto link = read_link((base + '/' + std::to_string(number)).c_str());
        return std::ranges::find(sockets, link) != sockets.end();
    });
    return holds ? holding::yes : open.empty() ? holding::hidden : holding::no;
}

std::string name_holder(std::span<const std::string> sockets) {
    for (const auto& one : read_process_table()) {
        if (holds_any(one.id.pid, sockets) == holding::yes) {
            return one.name + ", process " + std::to_string(one.id.pid);
        }
    }
    return {};
}

}  // namespace

std::vector<listening_socket> parse_listeners(std::string_view table) {
    std::vector<listening_socket> found;
    while (!table.empty()) {
        const auto end = std::min(table.find('\n'), table.size());
        if (const auto one = parse_listener(table.substr(0, end))) {
            found.push_back(*one);
        }
        table.remove_prefix(std::min(end + 1, table.size()));
    }
    return found;
}

std::vector<listening_socket> read_listeners() {
    // The kernel lists those that listen first.
    auto found = parse_listeners(read_small_file("/proc/net/tcp", table_bytes));
    for (const auto& one : parse_listeners(read_small_file("/proc/net/tcp6", table_bytes))) {
        found.push_back(one);
    }
    return found;
}

bool takes_connections_to(const runtime::endpoint& at, const runtime::endpoint& to) noexcept {
    if (at.port() != to.port()) {
        return false;
    }
    const bool reaches = at.family() == to.family() || at.family() == AF_INET6;
    return at == to || is_mapped(at, to) || (reaches && is_any(at) && to.is_loopback());
}

listener_owner find_owner(
    const runtime::endpoint& to,
    std::span<const listening_socket> before,
    std::span<const process_facts> members
) {
    std::vector<std::string> sockets;
    bool all_older = true;
    for (const auto& one : read_listeners()) {
        if (takes_connections_to(one.at, to)) {
            sockets.push_back("socket:[" + std::to_string(one.inode) + ']');
            all_older = all_older && std::ranges::any_of(before, [&](const auto& old) {
                            return old.inode == one.inode;
                        });
        }
    }
    if (sockets.empty()) {
        return {};
    }
    bool hidden = false;
    for (const auto& member : members) {
        const auto held = holds_any(member.id.pid, sockets);
        if (held == holding::yes) {
            return {ownership::own};
        }
        hidden = hidden || held == holding::hidden;
    }
    if (hidden || !all_older) {
        return {};
    }
    return {ownership::stranger, name_holder(sockets)};
}

}  // namespace curfew::process
