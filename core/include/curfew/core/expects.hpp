#pragma once

#include <source_location>

namespace curfew {

/// Ends the process with one sentence on stderr: a bug, never a condition of the outside world.
[[noreturn]] void broken_contract(const char* what, std::source_location where) noexcept;

/// States what the caller (or we ourselves) guaranteed. Kept in release builds: it is one branch.
/// Never used on anything that comes from outside: bytes, files, peers, the kernel's refusals.
constexpr void expects(
    bool holds, const char* what, std::source_location where = std::source_location::current()
) noexcept {
    if (!holds) [[unlikely]] {
        broken_contract(what, where);
    }
}

}  // namespace curfew
