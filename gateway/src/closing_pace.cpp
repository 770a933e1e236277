#include "closing_pace.hpp"

#include <algorithm>

namespace curfew::gateway {

namespace {

std::minstd_rand dice_of(std::uint64_t seed) noexcept {
    return std::minstd_rand{static_cast<std::minstd_rand::result_type>(seed % 0x7fff'fffe + 1)};
}

}  // namespace

closing_pace::closing_pace(
    time_point begun, duration grace, std::size_t connections, std::uint64_t seed
)
    : begun_{begun},
      moment_{std::min<duration>(std::chrono::seconds{1}, grace / 4)},
      dice_{dice_of(seed)} {
    if (connections > few) {
        const auto count = static_cast<duration::rep>(std::min(connections, std::size_t{1} << 30));
        spread_ = std::min(grace / 2, count * each);
        share_ = spread_ / count;
    }
}

bool closing_pace::closes(time_point now) noexcept {
    if (now >= over()) {
        return true;
    }
    const std::chrono::duration<double> gone = now - begun_;
    const std::chrono::duration<double> all = spread_;
    return throw_dice() * all < gone;
}

duration closing_pace::pause() noexcept {
    const std::chrono::duration<double, std::nano> share = share_;
    return std::chrono::duration_cast<duration>(share * (0.5 + throw_dice()));
}

/// From 0 to 1.
double closing_pace::throw_dice() noexcept {
    constexpr double most = std::minstd_rand::max();
    return static_cast<double>(dice_()) / most;
}

}  // namespace curfew::gateway
