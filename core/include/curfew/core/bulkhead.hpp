#pragma once

#include <curfew/core/cause.hpp>

#include <atomic>
#include <cstdint>
#include <expected>
#include <limits>

namespace curfew {

struct bulkhead_config {
    static constexpr std::uint32_t no_cap = std::numeric_limits<std::uint32_t>::max();

    std::uint32_t cap = 1000;              ///< in flight, abandoned work included; at least 1
    std::uint32_t abandoned_cap = no_cap;  ///< that much abandoned work refuses all new work

    friend bool operator==(const bulkhead_config&, const bulkhead_config&) noexcept = default;
};

struct bulkhead_status {
    std::uint32_t in_flight = 0;  ///< abandoned work included
    std::uint32_t abandoned = 0;
    std::uint32_t cap = 0;
    std::uint32_t abandoned_cap = 0;
};

/// A cap on work in flight. Work that outlived its deadline and could not be ended is *abandoned*:
/// it keeps its place until its permit is destroyed, because the target is still busy with it.
///
/// Thread rule: any thread, lock-free; a permit belongs to one thread at a time. Permits must not
/// outlive their bulkhead. Nothing allocates and nothing throws. 16 bytes.
class bulkhead {
  public:
    /// One place, given back by its destructor. 16 bytes.
    class permit {
      public:
        permit() noexcept = default;
        permit(permit&& other) noexcept;
        permit& operator=(permit&& other) noexcept;
        ~permit();

        /// The work could not be ended in time and goes on. The second time nothing happens.
        void abandon() noexcept;

        [[nodiscard]] bool held() const noexcept { return owner_ != nullptr; }

        [[nodiscard]] bool abandoned() const noexcept { return abandoned_; }

      private:
        friend class bulkhead;

        explicit permit(bulkhead& owner) noexcept : owner_{&owner} {}

        bulkhead* owner_ = nullptr;
        bool abandoned_ = false;
    };

    explicit bulkhead(const bulkhead_config& config = {}) noexcept;

    bulkhead(const bulkhead&) = delete;
    bulkhead& operator=(const bulkhead&) = delete;

    /// Refuses with `abandoned` when abandoned work reached its own cap or fills the whole cap,
    /// otherwise with `in_flight`.
    [[nodiscard]] std::expected<permit, shed_reason> try_acquire() noexcept;

    [[nodiscard]] bulkhead_status status() const noexcept;

    /// Never cancels: above a lowered cap nothing is admitted until enough work has ended.
    void reconfigure(const bulkhead_config& config) noexcept;

  private:
    // in_flight in the low half, abandoned in the high half: one word, so that both always agree
    std::atomic<std::uint64_t> counts_{0};
    std::atomic<std::uint32_t> cap_;
    std::atomic<std::uint32_t> abandoned_cap_;
};

}  // namespace curfew
