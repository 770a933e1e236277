#include "ready_line.hpp"

#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

namespace curfew::cli {

// Not by way of stdio: what that could not write it keeps, and fails with again at the end.
int write_ready_line(const runtime::endpoint& http, const runtime::endpoint& admin) {
    const std::string line = "ready http=" + http.text() + " admin=" + admin.text() + '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
        const auto written = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (written >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

}  // namespace curfew::cli
