#pragma once

#include <curfew/core/clock.hpp>

#include <cstdint>
#include <filesystem>

namespace curfew::process {

/// What this process uses, and of how much.
struct process_sample {
    std::uint64_t resident_bytes = 0;
    std::uint64_t memory_limit = 0;  ///< of the cgroup, else the machine's memory; 0: unknown
    double memory_percent = 0;       ///< resident_bytes of memory_limit; 0: unknown
    double cpu_seconds = 0;          ///< user and system time since the process began
    double cpus = 1;                 ///< how many CPUs it may keep busy: affinity and cgroup quota
    double cpu_percent = 0;          ///< of `cpus`, over the last second or more: 0 to 100
};

/// Reads /proc/self and the cgroup (version 2, version 1 or both, the tightest limit up to the
/// root). What cannot be read stays as it was, at first zero: health is never denied over it.
///
/// Costs some ten small reads below /proc and /sys, at most once a second; asked more often, it
/// tells the last sample again, so that several readers do not shorten each other's interval.
/// Thread rule: one thread.
class process_sampler {
  public:
    /// `root` stands for "/" (for tests). cpu_percent is 0 until a second after `now`.
    explicit process_sampler(time_point now, std::filesystem::path root = "/");

    [[nodiscard]] const process_sample& sample(time_point now);

  private:
    void read(time_point now);
    void read_limits();

    std::filesystem::path root_;
    time_point last_;
    process_sample latest_;
};

}  // namespace curfew::process
