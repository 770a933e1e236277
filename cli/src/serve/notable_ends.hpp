#pragma once

#include <curfew/admin/live_state.hpp>
#include <curfew/ledger/ledger.hpp>
#include <curfew/runtime/bell.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

namespace curfew::cli {

/// What ended notably of late, for those who watch: the last 256, each with its number. It hears
/// what the ledger hears; while nobody watches, an end costs one look at a flag.
/// Thread rule: heard() and drained() the ledger's thread, all else the reader's loop.
class notable_ends final : public ledger::listener {
  public:
    explicit notable_ends(runtime::loop& reader) : fresh_{reader} {}

    /// Forgets all when it is turned off.
    void watch(bool on) noexcept;

    /// Keeps it, if somebody watches and it is no plain success.
    void heard(const event& what, ledger::wall_time ended) noexcept override;
    void drained(time_point now, std::uint64_t dropped) noexcept override;

    [[nodiscard]] bool attentive() const noexcept override {
        return watched_.load(std::memory_order_relaxed);
    }

    /// Rings when something was kept.
    [[nodiscard]] runtime::bell& fresh() noexcept { return fresh_; }

    /// The number that the next one gets.
    [[nodiscard]] std::uint64_t next() const;

    struct page {
        std::vector<admin::live_end> ends;
        std::uint64_t missed = 0;  ///< dropped before they could be read
    };

    /// Those from number `cursor` on, at most `most`; moves the cursor behind them.
    [[nodiscard]] page since(std::uint64_t& cursor, std::size_t most) const;

    static constexpr std::size_t kept = 256;

  private:
    runtime::bell fresh_;
    std::atomic<bool> watched_ = false;
    bool untold_ = false;  ///< something was kept since the bell rang
    mutable std::mutex lock_;
    std::deque<admin::live_end> ends_;
    std::uint64_t first_ = 0;  ///< number of the first of them
};

}  // namespace curfew::cli
