#pragma once

#include <cstdint>

namespace curfew::load {

/// Random numbers without a state: the number of (seed, stream, index) is a pure function, so every
/// thread and every machine draws the same one, in any order. Two rounds of the splitmix64
/// finaliser (Steele, Lea and Flood, 2014): good enough for arrivals and mixes, not for secrets.
[[nodiscard]] constexpr std::uint64_t random_bits(
    std::uint64_t seed, std::uint64_t stream, std::uint64_t index
) noexcept {
    const auto finalise = [](std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    };
    constexpr std::uint64_t golden = 0x9e3779b97f4a7c15U;
    const auto key = finalise(seed + golden * (stream + 1));
    return finalise(finalise(key + golden * (index + 1)) ^ key);
}

/// Uniform in (0, 1]: never 0, so that its logarithm is finite.
[[nodiscard]] constexpr double random_unit(
    std::uint64_t seed, std::uint64_t stream, std::uint64_t index
) noexcept {
    constexpr double scale = 1.0 / 9007199254740992.0;  // 2^-53
    return static_cast<double>((random_bits(seed, stream, index) >> 11) + 1) * scale;
}

}  // namespace curfew::load
