#pragma once

#include "process_files.hpp"

#include <filesystem>
#include <string>
#include <utility>

/// Reading the small files below /proc and /sys.
namespace curfew::process {

/// The beginning of a file, at most 8 KiB; empty if it cannot be read.
[[nodiscard]] std::string contents(const std::filesystem::path& path);

/// The directories of a place, from its own up to the root of its hierarchy. `root` is "/".
template <class F>
void for_each_level(const std::filesystem::path& root, const cgroup_place& place, F&& visit) {
    const auto mount = root / "sys/fs/cgroup" / place.mount;
    auto path = std::filesystem::path{place.path}.relative_path();
    for (; !path.empty(); path = path.parent_path()) {
        visit(mount / path);
    }
    visit(mount);
}

}  // namespace curfew::process
