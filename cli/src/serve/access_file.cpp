#include "access_file.hpp"

#include <climits>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace curfew::cli {

namespace {

constexpr duration look_every = std::chrono::seconds{1};

/// How much of it goes in one write.
std::size_t whole_lines(std::string_view text) noexcept {
    if (text.size() <= PIPE_BUF) {
        return text.size();
    }
    const auto last = text.rfind('\n', PIPE_BUF - 1);
    return last == text.npos ? std::min(text.find('\n'), text.size() - 1) + 1 : last + 1;
}

/// At most a second for a descriptor that does not block.
bool is_ready(int file) noexcept {
    pollfd watched{file, POLLOUT, 0};
    return ::poll(&watched, 1, 1000) > 0;
}

}  // namespace

result<> access_file::open() {
    const bool is_file = destination_ != "stderr";
    runtime::descriptor opened{
        is_file ? ::open(
                      destination_.c_str(),
                      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                      0640
                  )
                : ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
    };
    struct stat about{};
    if (!opened || ::fstat(opened.number(), &about) != 0) {
        trouble_ = errno;
        return fail(errc::io_error, trouble_);
    }
    file_ = std::move(opened);
    device_ = about.st_dev;
    number_ = about.st_ino;
    torn_ = false;
    trouble_ = 0;
    return {};
}

void access_file::look(time_point now) {
    if (looked_at_ != time_point::min() && now - looked_at_ < look_every) {
        return;
    }
    looked_at_ = now;
    struct stat about{};
    const bool in_place =
        destination_ == "stderr" || (::stat(destination_.c_str(), &about) == 0 &&
                                     about.st_dev == device_ && about.st_ino == number_);
    if (!file_ || !in_place) {
        static_cast<void>(open());
    }
}

std::size_t access_file::write(std::string_view lines, time_point now) {
    look(now);
    if (!file_) {
        return 0;
    }
    if (torn_) {
        torn_ = ::write(file_.number(), "\n", 1) != 1;
    }
    std::size_t written = 0;
    while (written < lines.size()) {
        const auto left = lines.substr(written);
        const auto wrote = ::write(file_.number(), left.data(), whole_lines(left));
        if (wrote > 0) {
            written += static_cast<std::size_t>(wrote);
            trouble_ = 0;
        } else if (wrote < 0 && errno == EINTR) {
            continue;
        } else if (wrote >= 0 || errno != EAGAIN || !is_ready(file_.number())) {
            trouble_ = wrote < 0 ? errno : EIO;
            break;
        }
    }
    torn_ = torn_ || (written > 0 && lines[written - 1] != '\n');
    return written;
}

}  // namespace curfew::cli
