#pragma once

#include <curfew/ledger/ledger.hpp>
#include <curfew/runtime/bell.hpp>

#include <atomic>
#include <cstdint>
#include <optional>

namespace curfew::cli {

/// How long operations have waited of late for a connection, and for a place: means since they were
/// asked for last; and whether any has ended at all. It hears what the ledger hears; while nobody
/// wants to know, an end costs one look at a flag.
/// Thread rule: heard() and drained() the ledger's thread, all else the reader's loop.
class stage_times final : public ledger::listener {
  public:
    struct means {
        std::optional<duration> connect;  ///< of those that had to connect; nothing: none did
        std::optional<duration> queue;    ///< of all; nothing: none ended
    };

    explicit stage_times(runtime::loop& reader) : stirred_{reader} {}

    /// Whether all operations are looked at, for the means.
    void want(bool on) noexcept { wanted_.store(on, std::memory_order_relaxed); }

    /// Begins anew.
    [[nodiscard]] means take() noexcept;

    /// Whether an operation has ended since this was asked last. The next one that does rings.
    [[nodiscard]] bool take_stirred() noexcept;

    [[nodiscard]] runtime::bell& stirred() noexcept { return stirred_; }

    void heard(const event& what, ledger::wall_time ended) noexcept override;

    void drained(time_point, std::uint64_t) noexcept override {}

    [[nodiscard]] bool attentive() const noexcept override {
        return wanted_.load(std::memory_order_relaxed) || waits_.load(std::memory_order_relaxed);
    }

  private:
    struct sum {
        std::atomic<std::int64_t> spent = 0;
        std::atomic<std::int64_t> count = 0;

        void add(duration more) noexcept;
        [[nodiscard]] std::optional<duration> take() noexcept;
    };

    runtime::bell stirred_;
    std::atomic<bool> wanted_ = false;
    std::atomic<bool> waits_ = true;  ///< for the next end
    sum connect_;
    sum queue_;
};

}  // namespace curfew::cli
