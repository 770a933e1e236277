#pragma once

#include "batch.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace curfew::ledger {

inline constexpr std::size_t mark_text_max = 512;

/// One record of a spool: "CfS1", the size and the CRC-32 of what follows; then what it is, the
/// packed form of the writing program, the wall time, and a packed event or a text.
[[nodiscard]] std::vector<std::byte> spool_frame(const event& what, wall_time started);
[[nodiscard]] std::vector<std::byte> spool_frame(const mark& what);

/// Adds every sound record to `into`. Anything else is skipped up to the next record that is sound
/// and counted: torn (once a gap), or foreign (sound, but of another form).
void read_spool(std::span<const std::byte> bytes, batch& into);

}  // namespace curfew::ledger
