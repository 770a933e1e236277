#include "outbox.hpp"

#include "open_file.hpp"
#include <curfew/ledger/place.hpp>
#include <curfew/ledger/spool.hpp>

#include <dirent.h>
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

}  // namespace

std::vector<std::string> left_over(const std::string& base) {
    struct closer {
        void operator()(DIR* of) const noexcept { ::closedir(of); }
    };

    std::vector<std::string> found;
    const std::string directory = directory_of(base);
    const std::string whole = spool_path(base) + "-";
    const std::string prefix = whole.substr(whole.rfind('/') + 1);
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

outbox::outbox(std::string base, std::uint64_t bytes_max)
    : base_{std::move(base)}, bytes_max_{bytes_max}, token_{any_number()} {
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
    // Whole or not at all: nobody looks at it before it has its name.
    const std::string part = base_ + ".part-" + padded(token_, 16, 16);
    {
        const open_file file{part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600};
        std::string_view left = frame;
        while (file.is_open() && !left.empty()) {
            const auto wrote = ::write(file.number(), left.data(), left.size());
            if (wrote <= 0) {
                break;
            }
            left.remove_prefix(static_cast<std::size_t>(wrote));
        }
        if (!file.is_open() || !left.empty()) {
            ::unlink(part.c_str());
            return false;
        }
    }
    if (std::rename(part.c_str(), path_of(name).c_str()) != 0) {
        ::unlink(part.c_str());
        return false;
    }
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
        struct stat told{};
        if (::stat(each.c_str(), &told) == 0) {
            bytes_ += static_cast<std::uint64_t>(told.st_size);
            ++count_;
        }
    }
}

}  // namespace curfew::ledger
