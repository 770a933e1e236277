#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace curfew::process {

/// The entries of a directory whose names are numbers (pids, threads, descriptors), at most `limit`
/// of them, in its order.
[[nodiscard]] std::vector<int> numbers_in_directory(const char* path, std::size_t limit);

/// Where a symbolic link points, empty if it cannot be read.
[[nodiscard]] std::string read_link(const char* path);

}  // namespace curfew::process
