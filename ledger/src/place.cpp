#include <curfew/ledger/place.hpp>
#include <curfew/policy/store.hpp>

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

std::string place::shown() const {
    return database ? policy::shown_store(database->url) : path;
}

result<place> place_of(const policy::policy& rules, const char* xdg_state_home, const char* home) {
    const policy::ledger_policy& said = rules.ledger;
    const bool in_database = policy::is_database(said.store);
    place made{in_database || said.store.empty() ? said.path : said.store};
    if (made.path.empty()) {
        auto usual = default_path(xdg_state_home, home);
        if (!usual) {
            return std::unexpected{usual.error()};
        }
        made.path = *std::move(usual);
    }
    if (in_database) {
        const auto slash = made.path.rfind('/');
        made.path = slash == made.path.npos ? "" : made.path.substr(0, slash + 1);
        made.path += policy::file_name_of(said.store);
        const policy::database_policy& limits = rules.database;
        made.database = {
            said.store, {limits.connection, limits.query, limits.transaction}, said.spool_max
        };
    }
    return made;
}

}  // namespace curfew::ledger
