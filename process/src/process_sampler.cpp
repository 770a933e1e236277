#include "kernel_files.hpp"
#include <curfew/process/process_sampler.hpp>

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <string>

namespace curfew::process {

namespace {

constexpr duration interval = std::chrono::seconds{1};

double tightest_quota(const std::filesystem::path& root, const cgroup_place& place, double cpus) {
    for_each_level(root, place, [&](const std::filesystem::path& level) {
        const auto quota = place.mount.empty() ? cpu_quota(contents(level / "cpu.max"))
                                               : cpu_quota(
                                                     contents(level / "cpu.cfs_quota_us"),
                                                     contents(level / "cpu.cfs_period_us")
                                                 );
        cpus = std::min(cpus, quota.value_or(cpus));
    });
    return cpus;
}

std::uint64_t tightest_memory(
    const std::filesystem::path& root, const cgroup_place& place, std::uint64_t limit
) {
    const auto name = place.mount.empty() ? "memory.max" : "memory.limit_in_bytes";
    for_each_level(root, place, [&](const std::filesystem::path& level) {
        limit = std::min(limit, memory_limit(contents(level / name)).value_or(limit));
    });
    return limit;
}

}  // namespace

process_sampler::process_sampler(time_point now, std::filesystem::path root)
    : root_{std::move(root)}, last_{now} {
    read(now);
    latest_.cpu_percent = 0;
}

const process_sample& process_sampler::sample(time_point now) {
    if (now - last_ >= interval) {
        read(now);
    }
    return latest_;
}

void process_sampler::read(time_point now) {
    const auto self = root_ / "proc/self";
    read_limits();
    if (const auto pages = resident_pages(contents(self / "statm"))) {
        latest_.resident_bytes = *pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    }
    if (latest_.memory_limit != 0) {
        latest_.memory_percent = 100 * static_cast<double>(latest_.resident_bytes) /
                                 static_cast<double>(latest_.memory_limit);
    }
    if (const auto ticks = cpu_ticks(contents(self / "stat"))) {
        const double used = static_cast<double>(*ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
        const double passed = std::chrono::duration<double>(now - last_).count();
        const double share = passed > 0 ? (used - latest_.cpu_seconds) / passed / latest_.cpus : 0;
        latest_.cpu_percent = 100 * std::clamp(share, 0.0, 1.0);
        latest_.cpu_seconds = used;
    }
    last_ = now;
}

void process_sampler::read_limits() {
    const auto status = contents(root_ / "proc/self/status");
    const auto cgroup = contents(root_ / "proc/self/cgroup");
    latest_.cpus = allowed_cpus(status).value_or(1);
    if (const auto place = find_cgroup(cgroup, "cpu")) {
        latest_.cpus = tightest_quota(root_, *place, latest_.cpus);
    }
    constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t limit = memory_total(contents(root_ / "proc/meminfo")).value_or(unlimited);
    if (const auto place = find_cgroup(cgroup, "memory")) {
        limit = tightest_memory(root_, *place, limit);
    }
    latest_.memory_limit = limit == unlimited ? 0 : limit;
}

}  // namespace curfew::process
