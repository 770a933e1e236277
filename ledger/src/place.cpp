#include <curfew/ledger/place.hpp>

#include <sys/stat.h>

#include <cerrno>
#include <string_view>

namespace curfew::ledger {

result<std::string> default_path(const char* xdg_state_home, const char* home) {
    constexpr std::string_view name = "/curfew/ledger.db";
    if (xdg_state_home != nullptr && xdg_state_home[0] == '/') {
        return std::string{xdg_state_home}.append(name);
    }
    if (home != nullptr && home[0] == '/') {
        return std::string{home}.append("/.local/state").append(name);
    }
    return fail(errc::bad_usage);
}

result<> make_directory_of(const std::string& path) {
    for (auto at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
        const std::string directory = path.substr(0, at);
        if (::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) {
            continue;
        }
        struct stat told{};
        const int why = errno;
        if (::stat(directory.c_str(), &told) != 0) {
            return fail(errc::io_error, why);
        }
    }
    return {};
}

}  // namespace curfew::ledger
