#pragma once

#include <curfew/core/clock.hpp>

#include <cstdint>
#include <deque>

namespace curfew::load {

/// CPU time of one moment: what the calling thread has used, and what the machine's CPUs have seen.
struct cpu_reading {
    duration thread{};         ///< CLOCK_THREAD_CPUTIME_ID
    std::uint64_t ticks = 0;   ///< all CPUs, every state (/proc/stat)
    std::uint64_t stolen = 0;  ///< of them, taken by the host
};

/// Reads it; about 30 us. Zeros where /proc cannot be read.
[[nodiscard]] cpu_reading read_cpu() noexcept;

/// Watches whether the generator had the CPU it needed. To be told a reading about once a second.
/// A plain state machine. Thread rule: one thread.
class host_meter {
  public:
    static constexpr duration window = std::chrono::seconds{5};

    void step(const cpu_reading& reading, time_point now);

    /// The highest share of one CPU that the thread used over any 5 s (or over the whole run, while
    /// it is shorter than that).
    [[nodiscard]] double busiest_5s() const noexcept { return busiest_; }

    /// Share of the machine's CPU time that the host took, from the first reading to the last.
    [[nodiscard]] double steal_share() const noexcept;

  private:
    struct moment {
        time_point at;
        duration thread;
    };

    std::deque<moment> recent_;
    cpu_reading first_{};
    cpu_reading last_{};
    double busiest_ = 0;
};

}  // namespace curfew::load
