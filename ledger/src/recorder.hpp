#pragma once

#include "packed_event.hpp"
#include <curfew/core/event.hpp>
#include <curfew/core/ring.hpp>
#include <curfew/runtime/doorbell.hpp>

#include <array>
#include <atomic>
#include <cstdint>

namespace curfew::ledger {

/// Takes the events of one thread: a copy into its ring, without a lock or an allocation, and
/// without a system call but the one that wakes a sleeping writer. A full ring drops the event and
/// counts it by its outcome.
/// Thread rule: `record` by one thread at a time, `drain` by another, `dropped` by any.
class recorder final : public event_sink {
  public:
    static constexpr std::size_t outcomes = static_cast<std::size_t>(outcome::ignored) + 1;

    /// `writer` is rung when there is something to drain; it outlives this.
    explicit recorder(std::size_t ring_bytes, runtime::doorbell* writer = nullptr)
        : ring_{ring_bytes}, writer_{writer} {}

    void record(const event& what) noexcept override {
        const std::size_t size = packed_size(what);
        std::byte* room = ring_.reserve(size);
        if (room == nullptr) [[unlikely]] {
            auto& count = dropped_[static_cast<std::size_t>(what.ended)];
            count.store(count.load(relaxed) + 1, relaxed);
            return;
        }
        pack(what, room);
        ring_.commit(size);
        if (writer_ != nullptr) {
            writer_->ring();
        }
    }

    /// See ring::drain.
    template <class F>
    std::size_t drain(std::size_t most, F&& visit) {
        return ring_.drain(most, std::forward<F>(visit));
    }

    /// Whether there is something to drain; asked by the thread that drains.
    [[nodiscard]] bool waits() const noexcept { return !ring_.empty(); }

    [[nodiscard]] std::uint64_t dropped(outcome of) const noexcept {
        return dropped_[static_cast<std::size_t>(of)].load(relaxed);
    }

  private:
    static constexpr auto relaxed = std::memory_order_relaxed;

    ring ring_;
    runtime::doorbell* writer_;
    std::array<std::atomic<std::uint64_t>, outcomes> dropped_{};
};

}  // namespace curfew::ledger
