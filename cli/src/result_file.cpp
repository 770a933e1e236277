#include "result_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace curfew::cli {

namespace {

bool is_our_output(const struct stat& file) noexcept {
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
        struct stat ours{};
        const bool same =
            ::fstat(stream, &ours) == 0 && ours.st_dev == file.st_dev && ours.st_ino == file.st_ino;
        if (same) return true;
    }
    return false;
}

/// To what a link leads, also where there is nothing yet.
int follow_links(std::string& path) {
    constexpr int links_most = 40;  // as the kernel's
    std::error_code wrong;
    std::filesystem::path place = path;
    for (int seen = 0; std::filesystem::is_symlink(place, wrong); ++seen) {
        if (seen == links_most) return ELOOP;
        const auto next = std::filesystem::read_symlink(place, wrong);
        if (wrong) return wrong.value();
        place = next.is_absolute() ? next : place.parent_path() / next;
    }
    path = place;
    return 0;
}

}  // namespace

result_file::~result_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!beside_.empty()) ::unlink(beside_.c_str());
}

int result_file::prepare() {
    if (path_.empty()) return 0;
    struct stat found{};
    const bool is_there = ::stat(path_.c_str(), &found) == 0;
    if (is_there && (!S_ISREG(found.st_mode) || is_our_output(found))) {
        descriptor_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK);
        return descriptor_ < 0 ? errno : 0;
    }
    if (is_there && ::access(path_.c_str(), W_OK) != 0) return errno;
    if (const int why = follow_links(path_)) return why;
    const auto named = path_ + ".part-" + std::to_string(::getpid());
    descriptor_ = ::open(named.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0) return errno;
    beside_ = named;
    return 0;
}

int result_file::write(std::string_view text) {
    if (path_.empty()) return 0;
    while (!text.empty()) {
        const auto put = ::write(descriptor_, text.data(), text.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    if (beside_.empty()) return 0;
    if (std::rename(beside_.c_str(), path_.c_str()) != 0) return errno;
    beside_.clear();
    return 0;
}

}  // namespace curfew::cli
