#include <curfew/core/bulkhead.hpp>
#include <curfew/core/expects.hpp>

#include <utility>

namespace curfew {

namespace {

constexpr std::uint64_t one_in_flight = 1;
constexpr std::uint64_t one_abandoned = std::uint64_t{1} << 32;

constexpr std::uint32_t in_flight_of(std::uint64_t counts) noexcept {
    return static_cast<std::uint32_t>(counts);
}

constexpr std::uint32_t abandoned_of(std::uint64_t counts) noexcept {
    return static_cast<std::uint32_t>(counts >> 32);
}

}  // namespace

bulkhead::bulkhead(const bulkhead_config& config) noexcept
    : cap_{config.cap}, abandoned_cap_{config.abandoned_cap} {
    expects(config.cap >= 1 && config.abandoned_cap >= 1, "a cap of at least 1");
}

std::expected<bulkhead::permit, shed_reason> bulkhead::try_acquire() noexcept {
    const auto cap = cap_.load(std::memory_order_relaxed);
    const auto abandoned_cap = abandoned_cap_.load(std::memory_order_relaxed);
    auto counts = counts_.load(std::memory_order_relaxed);
    do {
        const auto abandoned = abandoned_of(counts);
        if (abandoned >= abandoned_cap || abandoned >= cap)
            return std::unexpected{shed_reason::abandoned};
        if (in_flight_of(counts) >= cap) return std::unexpected{shed_reason::in_flight};
    } while (
        !counts_.compare_exchange_weak(counts, counts + one_in_flight, std::memory_order_relaxed)
    );
    return permit{*this};
}

bulkhead_status bulkhead::status() const noexcept {
    const auto counts = counts_.load(std::memory_order_relaxed);
    return {
        in_flight_of(counts),
        abandoned_of(counts),
        cap_.load(std::memory_order_relaxed),
        abandoned_cap_.load(std::memory_order_relaxed),
    };
}

void bulkhead::reconfigure(const bulkhead_config& config) noexcept {
    expects(config.cap >= 1 && config.abandoned_cap >= 1, "a cap of at least 1");
    cap_.store(config.cap, std::memory_order_relaxed);
    abandoned_cap_.store(config.abandoned_cap, std::memory_order_relaxed);
}

bulkhead::permit::permit(permit&& other) noexcept
    : owner_{std::exchange(other.owner_, nullptr)}, abandoned_{other.abandoned_} {}

bulkhead::permit& bulkhead::permit::operator=(permit&& other) noexcept {
    if (this != &other) {
        const permit ended{std::move(*this)};
        owner_ = std::exchange(other.owner_, nullptr);
        abandoned_ = other.abandoned_;
    }
    return *this;
}

bulkhead::permit::~permit() {
    if (owner_ == nullptr) return;
    const auto taken = one_in_flight + (abandoned_ ? one_abandoned : 0);
    owner_->counts_.fetch_sub(taken, std::memory_order_relaxed);
}

void bulkhead::permit::abandon() noexcept {
    expects(owner_ != nullptr, "only work in flight can be abandoned");
    if (std::exchange(abandoned_, true)) return;
    owner_->counts_.fetch_add(one_abandoned, std::memory_order_relaxed);
}

}  // namespace curfew
