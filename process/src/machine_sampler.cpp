#include "kernel_files.hpp"
#include <curfew/process/machine_sampler.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace curfew::process {

namespace {

using std::filesystem::path;

double share_of(std::uint64_t part, std::uint64_t whole) noexcept {
    return whole == 0 ? 1 : std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
}

/// What counts against the limit of one cgroup; nothing where it has none.
std::optional<double> memory_of(const path& level, bool first_version) {
    const auto limit =
        memory_limit(contents(level / (first_version ? "memory.limit_in_bytes" : "memory.max")));
    const auto used =
        memory_usage(contents(level / (first_version ? "memory.usage_in_bytes" : "memory.current"))
        );
    // An unlimited group of version 1 says so by a number no machine has.
    if (!limit || !used || *limit > std::uint64_t{1} << 60) {
        return std::nullopt;
    }
    const auto spare = inactive_file(contents(level / "memory.stat")).value_or(0);
    return share_of(*used - std::min(*used, spare), *limit);
}

std::optional<double> memory_of_cgroup(const path& root, const std::string& cgroup) {
    const auto place = find_cgroup(cgroup, "memory");
    std::optional<double> nearest;
    if (place) {
        for_each_level(root, *place, [&](const path& level) {
            nearest = std::max(nearest, memory_of(level, !place->mount.empty()));
        });
    }
    return nearest;
}

std::optional<double> memory_of_machine(const path& root) {
    const auto meminfo = contents(root / "proc/meminfo");
    const auto total = memory_total(meminfo);
    const auto available = memory_available(meminfo);
    if (!total || !available) {
        return std::nullopt;
    }
    return share_of(*total - std::min(*total, *available), *total);
}

std::optional<double> stalled(
    const path& root, const std::optional<cgroup_place>& own, std::string_view what
) {
    auto worst = some_stalled(contents(root / "proc/pressure" / what));
    if (own && own->mount.empty()) {
        const auto file = std::string{what} + ".pressure";
        const auto level = root / "sys/fs/cgroup" / path{own->path}.relative_path();
        worst = std::max(worst, some_stalled(contents(level / file)));
    }
    return worst;
}

}  // namespace

machine_sampler::machine_sampler(path root) : root_{std::move(root)} {
    (void)cpu_share();
}

machine_sample machine_sampler::sample() {
    const auto cgroup = contents(root_ / "proc/self/cgroup");
    const auto unified = find_cgroup(cgroup, "");
    machine_sample made;
    made.memory = memory_of_cgroup(root_, cgroup);
    made.memory_is_ours = made.memory.has_value();
    if (!made.memory) {
        made.memory = memory_of_machine(root_);
    }
    made.cpu = cpu_share();
    made.stalled_cpu = stalled(root_, unified, "cpu");
    made.stalled_memory = stalled(root_, unified, "memory");
    made.stalled_io = stalled(root_, unified, "io");
    return made;
}

std::optional<double> machine_sampler::cpu_share() {
    const auto now = machine_time(contents(root_ / "proc/stat"));
    if (!now) {
        return std::nullopt;
    }
    const bool forward = now->all > all_ && now->busy >= busy_;
    const auto share =
        forward ? std::optional{share_of(now->busy - busy_, now->all - all_)} : std::nullopt;
    busy_ = now->busy;
    all_ = now->all;
    return share;
}

}  // namespace curfew::process
