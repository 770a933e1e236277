#include "spool_merge.hpp"

#include "open_file.hpp"
#include "spool_frame.hpp"
#include <curfew/ledger/spool.hpp>

#include <dirent.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string_view>
#include <vector>

namespace curfew::ledger {
namespace {

constexpr std::size_t left_over_max = 64;  // more wait for the next merge

std::string aside_prefix(const std::string& ledger_path) {
    return spool_path(ledger_path) + "-";
}

/// Spools that were renamed aside and not removed yet.
std::vector<std::string> left_over(const std::string& ledger_path) {
    struct closer {
        void operator()(DIR* of) const noexcept { ::closedir(of); }
    };

    std::vector<std::string> found;
    const std::string directory = directory_of(ledger_path);
    const std::string whole = aside_prefix(ledger_path);
    const std::string prefix = whole.substr(whole.rfind('/') + 1);
    const std::unique_ptr<DIR, closer> open{::opendir(directory.c_str())};
    while (open && found.size() < left_over_max) {
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

std::vector<std::byte> read_all(const open_file& file) {
    std::vector<std::byte> bytes(spool_bytes_max);
    std::size_t size = 0;
    while (size < bytes.size()) {
        const auto got = ::read(file.number(), bytes.data() + size, bytes.size() - size);
        if (got <= 0) {
            break;
        }
        size += static_cast<std::size_t>(got);
    }
    bytes.resize(size);
    return bytes;
}

void put_aside(const std::string& ledger_path, wall_time now) {
    struct stat told{};
    const std::string path = spool_path(ledger_path);
    if (::stat(path.c_str(), &told) != 0 || told.st_size == 0) {
        return;
    }
    // The name is what makes a merge happen once, so it is never used twice.
    const std::string name = aside_prefix(ledger_path) +
                             std::to_string(now.time_since_epoch().count()) + "-" +
                             std::to_string(::getpid()) + "-" + std::to_string(told.st_ino);
    if (::access(name.c_str(), F_OK) != 0) {
        std::rename(path.c_str(), name.c_str());
    }
}

}  // namespace

bool has_spool(const std::string& ledger_path) {
    return identify(spool_path(ledger_path)) || !left_over(ledger_path).empty();
}

result<> merge_spools(store& to, const std::string& ledger_path, wall_time now) {
    put_aside(ledger_path, now);
    for (const std::string& each : left_over(ledger_path)) {
        const open_file file{each, O_RDONLY | O_NOFOLLOW | O_NONBLOCK};
        if (!file.is_open() || ::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
            continue;  // somebody appends to it, or merges it
        }
        batch what;
        read_spool(read_all(file), what);
        const std::string_view name = std::string_view{each}.substr(each.rfind('/') + 1);
        if (const auto done = to.write(what, now, name); !done) {
            return done;
        }
        ::unlink(each.c_str());
    }
    return {};
}

}  // namespace curfew::ledger
