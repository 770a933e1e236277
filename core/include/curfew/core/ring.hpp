#pragma once

#include <curfew/core/expects.hpp>
#include <curfew/core/spin_pause.hpp>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace curfew {

/// A bounded queue of records of any size between two threads, without locks or waiting: one
/// producer (`reserve`, `commit`), one consumer (`drain`). A record lies in one piece; where it
/// does not fit before the end of the memory, the rest is skipped. All memory is touched at the
/// beginning, so that no page fault meets a request.
/// What each side writes lies on a line of its own, and a consumer that has caught up gives the
/// producer a microsecond or two: each look takes the line of the index away from its writer, and a
/// consumer that looked without a pause would make every record cost the way there and back.
/// (Lamport's queue, with the far index cached by the producer as in folly's
/// ProducerConsumerQueue.)
class ring {
  public:
    static constexpr std::size_t alignment = 8;

    /// `bytes` is a power of two, at least 4 KiB.
    explicit ring(std::size_t bytes)
        : mask_{bytes - 1}, bytes_{std::make_unique<std::byte[]>(bytes)} {
        expects(std::has_single_bit(bytes) && bytes >= 4096, "a ring is a power of two");
    }

    /// Room for a record of `size` bytes, or nullptr: full, or larger than an eighth of the ring.
    [[nodiscard]] std::byte* reserve(std::size_t size) noexcept {
        const std::size_t need = whole(size);
        if (need > (mask_ + 1) / 8) {
            return nullptr;
        }
        const std::uint64_t head = head_.load(std::memory_order_relaxed);
        const std::size_t to_end = mask_ + 1 - (head & mask_);
        const std::size_t skip = to_end < need ? to_end : 0;
        if (!has_room(head + skip + need)) {
            tail_seen_ = tail_.load(std::memory_order_acquire);
            if (!has_room(head + skip + need)) {
                return nullptr;
            }
        }
        if (skip != 0) {
            put_size(head, 0);
        }
        reserved_ = head + skip;
        put_size(reserved_, size);
        return at(reserved_) + alignment;
    }

    /// Makes the reserved record visible.
    void commit(std::size_t size) noexcept {
        head_.store(reserved_ + whole(size), std::memory_order_release);
    }

    /// Hands out at most `most` records, oldest first, and frees them together. How many.
    template <class F>
    std::size_t drain(std::size_t most, F&& visit) {
        if (caught_up_) {
            spin_pause(pauses_when_caught_up);
        }
        const std::uint64_t head = head_.load(std::memory_order_acquire);
        std::uint64_t tail = tail_.load(std::memory_order_relaxed);
        std::size_t seen = 0;
        while (tail != head && seen < most) {
            std::uint64_t size = 0;
            std::memcpy(&size, at(tail), sizeof size);
            if (size == 0) {
                tail += mask_ + 1 - (tail & mask_);
                continue;
            }
            visit(std::span<const std::byte>{at(tail) + alignment, size});
            tail += whole(size);
            ++seen;
        }
        caught_up_ = tail == head;
        if (seen != 0) {
            tail_.store(tail, std::memory_order_release);
        }
        return seen;
    }

    /// The consumer's view.
    [[nodiscard]] bool empty() const noexcept {
        return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_relaxed);
    }

  private:
    static constexpr std::size_t whole(std::size_t size) noexcept {
        return (size + 2 * alignment - 1) & ~(alignment - 1);
    }

    [[nodiscard]] bool has_room(std::uint64_t end) const noexcept {
        return end - tail_seen_ <= mask_ + 1;
    }

    [[nodiscard]] std::byte* at(std::uint64_t place) const noexcept {
        return bytes_.get() + (place & mask_);
    }

    void put_size(std::uint64_t place, std::uint64_t size) noexcept {
        std::memcpy(at(place), &size, sizeof size);
    }

    static constexpr std::size_t cache_line = 64;
    static constexpr int pauses_when_caught_up = 64;

    const std::size_t mask_;
    const std::unique_ptr<std::byte[]> bytes_;
    alignas(cache_line) std::atomic<std::uint64_t> head_{0};
    alignas(cache_line) std::uint64_t tail_seen_ = 0;  // the producer's
    std::uint64_t reserved_ = 0;                       // the producer's
    alignas(cache_line) std::atomic<std::uint64_t> tail_{0};
    bool caught_up_ = false;  // the consumer's
};

}  // namespace curfew
