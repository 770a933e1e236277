#include "checksum.hpp"

#include <array>

namespace curfew::ledger {
namespace {

constexpr auto table = [] {
    std::array<std::uint32_t, 256> rows{};
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
        std::uint32_t row = i;
        for (int bit = 0; bit < 8; ++bit) {
            row = (row >> 1) ^ ((row & 1) != 0 ? 0xedb88320U : 0U);
        }
        rows[i] = row;
    }
    return rows;
}();

}  // namespace

std::uint32_t checksum(std::uint32_t before, std::span<const std::byte> bytes) noexcept {
    std::uint32_t sum = ~before;
    for (const std::byte each : bytes) {
        sum = table[(sum ^ static_cast<std::uint32_t>(each)) & 0xff] ^ (sum >> 8);
    }
    return ~sum;
}

}  // namespace curfew::ledger
