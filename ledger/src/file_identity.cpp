#include "file_identity.hpp"

#include <sys/stat.h>

namespace curfew::ledger {

std::optional<file_identity> identify(const std::string& path) noexcept {
    struct stat told{};
    if (::stat(path.c_str(), &told) != 0) {
        return std::nullopt;
    }
    return file_identity{told.st_dev, told.st_ino};
}

}  // namespace curfew::ledger
