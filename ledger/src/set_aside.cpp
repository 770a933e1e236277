#include "set_aside.hpp"

#include "open_file.hpp"
#include "schema.hpp"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace curfew::ledger {
namespace {

std::string damaged_name(const std::string& path, wall_time now) {
    const std::time_t seconds =
        std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), ".damaged-%Y%m%dT%H%M%SZ", &utc);
    return path + text.data();
}

}  // namespace

bool was_a_ledger(const std::string& path) {
    constexpr std::string_view mark{"SQLite format 3\0", 16};
    constexpr std::size_t id_at = 68;
    constexpr std::ptrdiff_t enough = 12;
    std::array<char, 100> head{};
    const open_file file{path, O_RDONLY | O_NONBLOCK};
    const auto got = ::read(file.number(), head.data(), head.size());
    if (got < static_cast<ssize_t>(head.size())) {
        return false;
    }
    std::uint32_t id = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        id = id << 8 | static_cast<unsigned char>(head[id_at + i]);
    }
    std::ptrdiff_t alike = 0;
    for (std::size_t i = 0; i < mark.size(); ++i) {
        alike += head[i] == mark[i] ? 1 : 0;
    }
    const bool empty = std::ranges::all_of(head, [](char each) { return each == 0; });
    return id == application_id || alike >= enough || empty;
}

result<std::string> set_aside(const std::string& path, const file_identity& which, wall_time now) {
    // One process at a time: else the second would set the first one's new ledger aside.
    const open_file directory{directory_of(path), O_RDONLY | O_DIRECTORY};
    if (::flock(directory.number(), LOCK_EX | LOCK_NB) != 0) {
        return fail(errc::io_error);
    }
    if (identify(path) != which) {
        return std::string{};
    }
    const std::string name = damaged_name(path, now);
    if (identify(name) || std::rename(path.c_str(), name.c_str()) != 0) {
        return fail(errc::io_error);
    }
    std::rename((path + "-wal").c_str(), (name + "-wal").c_str());
    ::unlink((path + "-shm").c_str());
    return name;
}

}  // namespace curfew::ledger
