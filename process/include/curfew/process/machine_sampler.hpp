#pragma once

#include <curfew/core/clock.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace curfew::process {

/// How much of the machine, or of the container we are in, is used up: shares from 0 to 1. Nothing
/// where the kernel does not tell.
struct machine_sample {
    /// Of the cgroup whose limit is nearest, page cache that can be given back at once not counted;
    /// where no cgroup has a limit, what is not available of the machine's memory.
    std::optional<double> memory;
    std::optional<std::uint64_t> memory_free;  ///< bytes until the first limit, the machine's too
    bool memory_is_ours = false;  ///< it is of a cgroup: what we and the backend use together

    std::optional<double> cpu;  ///< of all CPUs, since the sample before; steal is busy

    // The part of the last 10 s in which some task waited (PSI): the worse of the machine and our
    // own cgroup.
    std::optional<double> stalled_cpu;
    std::optional<double> stalled_memory;
    std::optional<double> stalled_io;
};

/// Reads /proc/meminfo, /proc/stat, /proc/pressure and the cgroup (version 2, version 1 or both).
/// Some ten small reads a sample; none of them waits for a disk. Thread rule: one thread.
class machine_sampler {
  public:
    /// `root` stands for "/" (for tests).
    explicit machine_sampler(std::filesystem::path root = "/");

    [[nodiscard]] machine_sample sample();

  private:
    [[nodiscard]] std::optional<double> cpu_share();

    std::filesystem::path root_;
    std::uint64_t busy_ = 0;
    std::uint64_t all_ = 0;
};

}  // namespace curfew::process
