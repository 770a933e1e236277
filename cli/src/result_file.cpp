#include "result_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace curfew::cli {

result_file::~result_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!beside_.empty()) ::unlink(beside_.c_str());
}

int result_file::prepare() {
    if (path_.empty()) return 0;
    struct stat found{};
    const bool is_there = ::stat(path_.c_str(), &found) == 0;
    if (is_there && !S_ISREG(found.st_mode)) {
        descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK);
        return descriptor_ < 0 ? errno : 0;
    }
    if (is_there && ::access(path_.c_str(), W_OK) != 0) return errno;
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
