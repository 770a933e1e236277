#include "patient_voice.hpp"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace curfew::cli {

void patient_voice::say(const std::string& sentence) {
    if (!quiet_) complain(sentence);
}

void patient_voice::complain(const std::string& sentence) {
    const std::string line = "curfew: " + sentence + '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
        // A pipe that is writable has room for PIPE_BUF bytes.
        pollfd watched{STDERR_FILENO, POLLOUT, 0};
        if (::poll(&watched, 1, patience_ms_) <= 0 || (watched.revents & POLLOUT) == 0) {
            patience_ms_ = 0;
            return;
        }
        const auto put =
            ::write(STDERR_FILENO, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
        if (put <= 0) return;
        rest.remove_prefix(static_cast<std::size_t>(put));
    }
}

}  // namespace curfew::cli
