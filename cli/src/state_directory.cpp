#include "state_directory.hpp"

#include <curfew/ledger/place.hpp>

#include <unistd.h>

#include <cstdlib>

namespace curfew::cli {

std::string state_directory() {
    const auto file = ledger::default_path(std::getenv("XDG_STATE_HOME"), std::getenv("HOME"));
    if (!file || !ledger::make_directory_of(*file)) {
        return {};
    }
    const std::string at = file->substr(0, file->rfind('/'));
    return ::access(at.c_str(), W_OK) == 0 ? at : std::string{};
}

}  // namespace curfew::cli
