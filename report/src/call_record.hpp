#pragma once

#include <curfew/report/trend.hpp>
#include <curfew/statistics/quantile.hpp>
#include <curfew/statistics/timeout_advice.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace curfew::report {

/// A histogram with only the buckets that count anything.
class packed_histogram {
  public:
    packed_histogram() = default;
    explicit packed_histogram(const histogram& of);

    void add_to(histogram& sum) const;

  private:
    std::vector<std::pair<std::uint16_t, std::uint64_t>> buckets_;
    histogram::totals totals_;
};

/// How calls are told apart: those that ended well and those that a limit cut, each with and
/// without contention.
enum class call_kind : std::uint8_t { calm, pressed, calm_cut, pressed_cut };

inline constexpr std::size_t call_kinds = 4;

/// One operation's calls, slot by slot, so that a history can begin at any of them once its last
/// change is known. Slots come in order. Some kilobytes a slot, most of them far less.
class call_record {
  public:
    explicit call_record(std::size_t slots) : slots_(slots), packed_(slots) {}

    void add(call_kind kind, const ledger::minute_figures& figures);
    /// What was added since the last one belongs to `slot`.
    void close(std::size_t slot);

    [[nodiscard]] const std::vector<trend_slot>& slots() const noexcept { return slots_; }

    /// All of one kind from a slot on.
    void add_since(std::size_t slot, call_kind kind, histogram& sum) const;

  private:
    std::array<ledger::figures, call_kinds> now_;
    std::array<bool, call_kinds> touched_{};
    std::vector<trend_slot> slots_;
    std::vector<std::array<packed_histogram, call_kinds>> packed_;
};

/// The calls that limits cut, one entry a limit: the longest known one that the calls can have
/// reached, else the begin of their bucket. `known` is in ascending order.
[[nodiscard]] std::vector<statistics::cut_calls> by_limit(
    const histogram& cut, const std::vector<duration>& known
);

}  // namespace curfew::report
