#pragma once

#include <curfew/ledger/ledger.hpp>

#include <atomic>
#include <cstdint>
#include <optional>

namespace curfew::cli {

/// How long operations have waited of late for a connection, and for a place: means since they were
/// asked for last. It hears what the ledger hears; while nobody wants them, an end costs one look
/// at a flag.
/// Thread rule: heard() and drained() the ledger's thread, all else any one other thread.
class stage_times final : public ledger::listener {
  public:
    struct means {
        std::optional<duration> connect;  ///< of those that had to connect; nothing: none did
        std::optional<duration> queue;    ///< of all; nothing: none ended
    };

    void want(bool on) noexcept { wanted_.store(on, std::memory_order_relaxed); }

    /// Begins anew.
    [[nodiscard]] means take() noexcept;

    void heard(const event& what, ledger::wall_time ended) noexcept override;

    void drained(time_point, std::uint64_t) noexcept override {}

    [[nodiscard]] bool attentive() const noexcept override {
        return wanted_.load(std::memory_order_relaxed);
    }

  private:
    struct sum {
        std::atomic<std::int64_t> spent = 0;
        std::atomic<std::int64_t> count = 0;

        void add(duration more) noexcept;
        [[nodiscard]] std::optional<duration> take() noexcept;
    };

    std::atomic<bool> wanted_ = false;
    sum connect_;
    sum queue_;
};

}  // namespace curfew::cli
