#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What the kernel's files say (proc(5), cgroups(7)); nothing where they say it in no known way.
namespace curfew::process {

/// /proc/PID/statm: resident pages.
[[nodiscard]] std::optional<std::uint64_t> resident_pages(std::string_view statm);

/// /proc/PID/stat: user and system time in clock ticks. The command's name may hold anything.
[[nodiscard]] std::optional<std::uint64_t> cpu_ticks(std::string_view stat);

/// /proc/meminfo: MemTotal, and MemAvailable, in bytes.
[[nodiscard]] std::optional<std::uint64_t> memory_total(std::string_view meminfo);
[[nodiscard]] std::optional<std::uint64_t> memory_available(std::string_view meminfo);

/// memory.stat of a cgroup: the page cache that can be given back at once (inactive_file, with the
/// levels below; version 1 calls that total_inactive_file).
[[nodiscard]] std::optional<std::uint64_t> inactive_file(std::string_view memory_stat);

/// memory.current or memory.usage_in_bytes.
[[nodiscard]] std::optional<std::uint64_t> memory_usage(std::string_view file);

/// Time that all CPUs together have spent, in clock ticks.
struct cpu_time {
    std::uint64_t busy = 0;  ///< stolen by the host included: it was not ours to use
    std::uint64_t all = 0;
};

/// The first line of /proc/stat.
[[nodiscard]] std::optional<cpu_time> machine_time(std::string_view stat);

/// A pressure file (PSI): the part of the last 10 s in which some task waited, from 0 to 1.
[[nodiscard]] std::optional<double> some_stalled(std::string_view pressure);

/// /proc/PID/status: how many CPUs are in Cpus_allowed_list ("0-3,7").
[[nodiscard]] std::optional<unsigned> allowed_cpus(std::string_view status);

/// memory.max or memory.limit_in_bytes; nothing for "max".
[[nodiscard]] std::optional<std::uint64_t> memory_limit(std::string_view file);

/// cpu.max ("50000 100000"), or cpu.cfs_quota_us and cpu.cfs_period_us: how many CPUs' worth;
/// nothing for "max" and -1.
[[nodiscard]] std::optional<double> cpu_quota(std::string_view cpu_max);
[[nodiscard]] std::optional<double> cpu_quota(std::string_view quota, std::string_view period);

/// Where a process stands in one hierarchy of /proc/PID/cgroup.
struct cgroup_place {
    std::string mount;  ///< below /sys/fs/cgroup; empty for the unified hierarchy
    std::string path;   ///< begins with '/'; "/" when the kernel's is outside our namespace
};

/// The place by which `controller` ("memory", "cpu") is limited: version 1's if that hierarchy has
/// it, else version 2's.
[[nodiscard]] std::optional<cgroup_place> find_cgroup(
    std::string_view cgroup, std::string_view controller
);

}  // namespace curfew::process
