#pragma once

#include <curfew/core/account.hpp>
#include <curfew/core/clock.hpp>
#include <curfew/core/trace_context.hpp>
#include <curfew/protocol/http1_message.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace curfew::gateway {

/// One request that has not ended: what it does now, and how long it may.
struct live_request {
    std::size_t route = 0;  ///< index in `snapshot::routes`, as it was filled
    std::string name{};     ///< of the route; filled by who asked, never a query
    http1::method_id method{};
    stage at = stage::other;
    std::uint8_t number = 0;       ///< of the attempt, where the stage is numbered
    duration age{};                ///< since its arrival
    duration in_stage{};           ///< since the stage was entered
    std::optional<duration> left;  ///< to its deadline; nothing: it has none (an event stream)
    bool hanging = false;          ///< far beyond the usual time of its route
    bool abandoned = false;        ///< its client has its answer; the upstream works on
    trace_context trace{};
};

/// The nearest deadlines among requests, and how many there are in all. The room is taken when it
/// is made, so that adding allocates nothing.
class live_requests {
  public:
    /// Keeps none and counts nothing.
    live_requests() = default;

    explicit live_requests(std::size_t most) : most_{most} { kept_.reserve(most); }

    [[nodiscard]] std::size_t most() const noexcept { return most_; }

    /// O(most) at worst; O(1) for one whose deadline is later than all that are kept.
    void add(live_request&& one) noexcept;

    /// The nearest first; abandoned ones behind the others, those without a deadline behind them,
    /// the oldest first.
    [[nodiscard]] const std::vector<live_request>& kept() const noexcept { return kept_; }

    [[nodiscard]] std::vector<live_request>& kept() noexcept { return kept_; }

    [[nodiscard]] std::size_t count() const noexcept { return count_; }

  private:
    std::size_t most_ = 0;
    std::size_t count_ = 0;
    std::vector<live_request> kept_;
};

}  // namespace curfew::gateway
