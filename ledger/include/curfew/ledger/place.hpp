#pragma once

#include <curfew/core/failure.hpp>

#include <string>

namespace curfew::ledger {

/// Where the ledger is when nobody says otherwise, from the environment's `XDG_STATE_HOME` and
/// `HOME` (nullptr: not set): `$XDG_STATE_HOME/curfew/ledger.db`, or
/// `$HOME/.local/state/curfew/ledger.db`. A path that is not absolute does not count (XDG Base
/// Directory Specification 0.8). `bad_usage` when neither says a place.
[[nodiscard]] result<std::string> default_path(const char* xdg_state_home, const char* home);

/// Makes the directory of `path`, and those above it, for this user alone (0700). What exists is
/// left as it is. `io_error` with errno.
[[nodiscard]] result<> make_directory_of(const std::string& path);

}  // namespace curfew::ledger
