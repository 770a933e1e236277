#pragma once

#include "batch.hpp"
#include "store.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace curfew::ledger {

/// A frame holds no more; a batch at all its bounds is smaller.
inline constexpr std::size_t frame_bytes_max = std::size_t{64} << 20;

/// What a frame says of its batch.
struct frame_head {
    author by{};
    wall_time at{};  ///< when the batch was sealed
    bool stopped = false;
};

/// A whole batch as bytes, for a disk that keeps it until its database can be reached: "CfB1", the
/// size and the CRC-32 of what follows; then the head, the series by their names, and the rest as
/// numbers (LEB128) and texts.
[[nodiscard]] std::string encode_frame(const batch& what, const frame_head& head);

[[nodiscard]] bool is_frame(std::span<const std::byte> bytes) noexcept;

/// Adds what the frame holds to `into`, which is empty. Errors: ledger_newer: its form, or a name
/// in it, is one of a newer Curfew; ledger_corrupt: it is torn. `into` may hold part of it then.
[[nodiscard]] result<> decode_frame(
    std::span<const std::byte> bytes, batch& into, frame_head& head
);

}  // namespace curfew::ledger
