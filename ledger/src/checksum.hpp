#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace curfew::ledger {

/// CRC-32 (IEEE 802.3, as in zlib); `before` continues an earlier sum.
[[nodiscard]] std::uint32_t checksum(
    std::uint32_t before, std::span<const std::byte> bytes
) noexcept;

}  // namespace curfew::ledger
