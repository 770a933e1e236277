#include "kernel_files.hpp"
#include <curfew/process/machine_sampler.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::process {

namespace {

using std::filesystem::path;

double share_of(std::uint64_t part, std::uint64_t whole) noexcept {
    return whole == 0 ? 1 : std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
}

/// What counts against a limit, and the limit; both in bytes.
struct room {
    std::uint64_t used = 0;
    std::uint64_t limit = 0;

    [[nodiscard]] double share() const noexcept { return share_of(used, limit); }

    [[nodiscard]] std::uint64_t free() const noexcept { return limit - std::min(used, limit); }
};

/// Nothing where the cgroup has no limit.
std::optional<room> memory_of(const path& level, bool first_version) {
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
    return room{*used - std::min(*used, spare), *limit};
}

/// Every level of the cgroup that has a limit.
std::vector<room> memory_of_cgroup(const path& root, const std::string& cgroup) {
    std::vector<room> limited;
    if (const auto place = find_cgroup(cgroup, "memory")) {
        for_each_level(root, *place, [&](const path& level) {
            if (const auto its = memory_of(level, !place->mount.empty())) limited.push_back(*its);
        });
    }
    return limited;
}

std::optional<room> memory_of_machine(const path& root) {
    const auto meminfo = contents(root / "proc/meminfo");
    const auto total = memory_total(meminfo);
    const auto available = memory_available(meminfo);
    if (!total || !available) {
        return std::nullopt;
    }
    return room{*total - std::min(*total, *available), *total};
}

void read_memory(machine_sample& into, const path& root, const std::string& cgroup) {
    const auto ours = memory_of_cgroup(root, cgroup);
    const auto machine = memory_of_machine(root);
    if (machine) {
        into.memory = machine->share();
        into.memory_free = machine->free();
    }
    if (ours.empty()) {
        return;
    }
    into.memory_is_ours = true;
    into.memory = std::ranges::max(ours, {}, &room::share).share();
    const auto free = std::ranges::min(ours, {}, &room::free).free();
    into.memory_free = std::min(into.memory_free.value_or(free), free);
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
    read_memory(made, root_, cgroup);
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
