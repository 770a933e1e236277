#pragma once

#include <curfew/core/event.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace curfew::ledger {

/// Bounds of the texts of an event, in bytes; what is longer is cut (and said to be).
inline constexpr std::size_t name_max = 255;
inline constexpr std::size_t limit_name_max = 191;
inline constexpr std::size_t attributes_max = 8;
inline constexpr std::size_t attribute_key_max = 31;
inline constexpr std::size_t attribute_value_max = 127;

/// An event as bytes without pointers, about 120 of them: what lies in a ring and in a spool.
/// The form is that of this machine and this version, see `packed_form`.
[[nodiscard]] std::size_t packed_size(const event& what) noexcept;

/// Writes exactly `packed_size(what)` bytes.
void pack(const event& what, std::byte* to) noexcept;

/// An event whose texts lie in the packed bytes.
struct unpacked_event {
    event told{};
    bool cut = false;
    std::array<event::attribute, attributes_max> attributes{};
};

/// Reads what `pack` wrote into `to`; false for bytes that it cannot have written.
[[nodiscard]] bool unpack(std::span<const std::byte> from, unpacked_event& to) noexcept;

/// Changes when the packed form or the meaning of one of its numbers does: two programs with the
/// same number understand each other.
[[nodiscard]] std::uint32_t packed_form() noexcept;

}  // namespace curfew::ledger
