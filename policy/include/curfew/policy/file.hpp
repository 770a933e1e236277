#pragma once

#include <curfew/policy/load.hpp>

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace curfew::policy {

inline constexpr std::size_t file_bytes_max = 1024 * 1024;

/// Reads a policy file. Never waits: what is no regular file (a FIFO, a device, a directory) is
/// refused before a byte is read, and so is one larger than `file_bytes_max`.
[[nodiscard]] std::expected<std::string, problem> read_file(const std::string& path);

/// The first `curfew.toml` from `directory` upward, shown relative to it where that is shorter:
/// "curfew.toml", "../curfew.toml". A name that exists and cannot be read is found too, so that it
/// is complained about and not passed over.
[[nodiscard]] std::optional<std::string> find_file(const std::string& directory);

/// Writes a new file whole or not at all; an existing one is never overwritten or followed. The
/// problem is `bad_usage` if there is one already, and `io_error` for all that the system refuses.
[[nodiscard]] std::optional<problem> write_new_file(
    const std::string& path, std::string_view content
);

/// Puts `after` in the place of `path`, whole or not at all, by a new file beside it and a rename;
/// its permissions and, where that is allowed, its owner stay. A symbolic link stays one: what it
/// points to is replaced. `bad_usage` if the file no longer holds `before`; `policy_unreadable` and
/// `io_error` for what the system refuses. Who writes in the instant between the comparison and the
/// rename loses.
[[nodiscard]] std::optional<problem> replace_file(
    const std::string& path, std::string_view before, std::string_view after
);

}  // namespace curfew::policy
