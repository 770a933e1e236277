#include "outbox.hpp"

#include "open_file.hpp"
#include <curfew/ledger/place.hpp>
#include <curfew/ledger/spool.hpp>

#include <dirent.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <memory>
#include <random>
#include <utility>

namespace curfew::ledger {
namespace {

/// With leading zeros, so that names are in the order of their numbers.
std::string padded(std::uint64_t number, int base, std::size_t width) {
    std::array<char, 24> room{};
    const auto end = std::to_chars(room.data(), room.data() + room.size(), number, base).ptr;
    const auto size = static_cast<std::size_t>(end - room.data());
    return std::string(width - std::min(size, width), '0').append(room.data(), size);
}

std::uint64_t any_number() {
    std::random_device source;
    return std::uint64_t{source()} << 32 | source();
}

std::string part_prefix(const std::string& base) {
    return base + ".part-";
}

/// Paths that begin like this, in their order.
std::vector<std::string> files_like(const std::string& beginning) {
    struct closer {
        void operator()(DIR* of) const noexcept { ::closedir(of); }
    };

    std::vector<std::string> found;
    const std::string directory = directory_of(beginning);
    const std::string prefix = beginning.substr(beginning.rfind('/') + 1);
    const std::unique_ptr<DIR, closer> open{::opendir(directory.c_str())};
    while (open) {
        const dirent* next = ::readdir(open.get());
        if (next == nullptr) {
            break;
        }
        if (std::string_view{next->d_name}.starts_with(prefix)) {
            found.push_back(directory + "/" + next->d_name);
        }
    }
    std::ranges::sort(found);
    return found;
}

std::uint64_t size_of(const std::string& path) {
    struct stat told{};
    return ::stat(path.c_str(), &told) == 0 ? static_cast<std::uint64_t>(told.st_size) : 0;
}

/// All of it is on the disk.
bool write_down(const open_file& file, std::string_view frame) {
    while (file.is_open() && !frame.empty()) {
        const auto wrote = ::write(file.number(), frame.data(), frame.size());
        if (wrote <= 0) {
            return false;
        }
        frame.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return file.is_open() && ::fdatasync(file.number()) == 0;
}

/// Whoever writes one holds its lock.
void sweep_parts(const std::string& base) {
    for (const std::string& each : files_like(part_prefix(base))) {
        const open_file file{each, O_RDONLY | O_NOFOLLOW | O_NONBLOCK};
        if (file.is_open() && ::flock(file.number(), LOCK_EX | LOCK_NB) == 0) {
            ::unlink(each.c_str());
        }
    }
}

}  // namespace

std::vector<std::string> left_over(const std::string& base) {
    return files_like(spool_path(base) + "-");
}

outbox::outbox(std::string base, std::uint64_t bytes_max)
    : base_{std::move(base)}, bytes_max_{bytes_max}, token_{any_number()} {
    sweep_parts(base_);
    look();
}

std::string outbox::path_of(std::string_view name) const {
    return directory_of(base_) + "/" + std::string{name};
}

std::string outbox::next_name(wall_time now) {
    const std::string whole = spool_path(base_);
    const auto at = static_cast<std::uint64_t>(now.time_since_epoch().count());
    return whole.substr(whole.rfind('/') + 1) + "-" + padded(at, 10, 19) + "-" +
           padded(token_, 16, 16) + "-" + padded(++number_, 10, 10);
}

bool outbox::put(std::string_view name, std::string_view frame) {
    if (bytes_ + frame.size() > bytes_max_ || !make_directory_of(base_)) {
        return false;
    }
    // Whole or not at all: it has its name when all of it is on the disk, and not before.
    const std::string part = part_prefix(base_) + padded(token_, 16, 16);
    const open_file file{part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600};
    ::flock(file.number(), LOCK_EX | LOCK_NB);
    if (!write_down(file, frame) || std::rename(part.c_str(), path_of(name).c_str()) != 0) {
        ::unlink(part.c_str());
        return false;
    }
    const open_file directory{directory_of(base_), O_RDONLY | O_DIRECTORY};
    ::fsync(directory.number());
    bytes_ += frame.size();
    ++count_;
    return true;
}

void outbox::remove(std::string_view name) {
    ::unlink(path_of(name).c_str());
    look();
}

void outbox::look() {
    bytes_ = 0;
    count_ = 0;
    for (const std::string& each : left_over(base_)) {
        bytes_ += size_of(each);
        ++count_;
    }
    for (const std::string& each : files_like(part_prefix(base_))) {
        bytes_ += size_of(each);
    }
}

}  // namespace curfew::ledger
