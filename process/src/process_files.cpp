#include "process_files.hpp"

#include <algorithm>
#include <charconv>

namespace curfew::process {

namespace {

constexpr std::string_view space = " \t\n";

/// Takes the next word off `text`; empty at the end.
std::string_view word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(space), text.size()));
    const auto taken = text.substr(0, text.find_first_of(space));
    text.remove_prefix(taken.size());
    return taken;
}

/// Takes what stands before `end` (or all) off `text`, and `end` itself.
std::string_view until(std::string_view& text, char end) {
    const auto taken = text.substr(0, text.find(end));
    text.remove_prefix(std::min(taken.size() + 1, text.size()));
    return taken;
}

template <class T = std::uint64_t>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional{value} : std::nullopt;
}

std::optional<std::string_view> line_after(std::string_view text, std::string_view label) {
    while (!text.empty()) {
        auto line = until(text, '\n');
        if (line.starts_with(label)) {
            return line.substr(label.size());
        }
    }
    return std::nullopt;
}

std::optional<std::uint64_t> kibibytes_after(std::string_view text, std::string_view label) {
    auto line = line_after(text, label);
    const auto kibibytes = line ? number(word(*line)) : std::nullopt;
    return kibibytes && word(*line) == "kB" ? std::optional{*kibibytes * 1024} : std::nullopt;
}

bool lists(std::string_view controllers, std::string_view wanted) {
    while (!controllers.empty()) {
        if (until(controllers, ',') == wanted) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::optional<std::uint64_t> resident_pages(std::string_view statm) {
    (void)word(statm);
    return number(word(statm));
}

std::optional<std::uint64_t> cpu_ticks(std::string_view stat) {
    const auto name_end = stat.rfind(')');
    if (name_end == stat.npos) {
        return std::nullopt;
    }
    stat.remove_prefix(name_end + 1);
    constexpr int fields_between = 11;  // the third field to the thirteenth
    for (int i = 0; i < fields_between; ++i) {
        (void)word(stat);
    }
    const auto user = number(word(stat));
    const auto system = number(word(stat));
    return user && system ? std::optional{*user + *system} : std::nullopt;
}

std::optional<std::uint64_t> memory_total(std::string_view meminfo) {
    return kibibytes_after(meminfo, "MemTotal:");
}

std::optional<std::uint64_t> memory_available(std::string_view meminfo) {
    return kibibytes_after(meminfo, "MemAvailable:");
}

std::optional<std::uint64_t> inactive_file(std::string_view memory_stat) {
    auto line = line_after(memory_stat, "total_inactive_file ");
    if (!line) line = line_after(memory_stat, "inactive_file ");
    return line ? number(word(*line)) : std::nullopt;
}

std::optional<std::uint64_t> memory_usage(std::string_view file) {
    return number(word(file));
}

std::optional<cpu_time> machine_time(std::string_view stat) {
    auto line = line_after(stat, "cpu ");
    if (!line) {
        return std::nullopt;
    }
    // user, nice, system, idle, iowait, irq, softirq, steal; what guests use is in user already.
    constexpr int fields = 8;
    cpu_time sum;
    for (int i = 0; i < fields; ++i) {
        const auto ticks = number(word(*line));
        if (!ticks) {
            return std::nullopt;
        }
        const bool idle = i == 3 || i == 4;
        sum.busy += idle ? 0 : *ticks;
        sum.all += *ticks;
    }
    return sum;
}

std::optional<double> some_stalled(std::string_view pressure) {
    auto line = line_after(pressure, "some avg10=");
    const auto percent = line ? number<double>(word(*line)) : std::nullopt;
    return percent && *percent >= 0 ? std::optional{std::min(*percent / 100, 1.0)} : std::nullopt;
}

std::optional<unsigned> allowed_cpus(std::string_view status) {
    auto line = line_after(status, "Cpus_allowed_list:");
    if (!line) {
        return std::nullopt;
    }
    auto list = word(*line);
    unsigned count = 0;
    while (!list.empty()) {
        auto range = until(list, ',');
        const auto first = number<unsigned>(until(range, '-'));
        const auto last = range.empty() ? first : number<unsigned>(range);
        if (!first || !last || *last < *first) {
            return std::nullopt;
        }
        count += *last - *first + 1;
    }
    return count == 0 ? std::nullopt : std::optional{count};
}

std::optional<std::uint64_t> memory_limit(std::string_view file) {
    return number(word(file));
}

std::optional<double> cpu_quota(std::string_view cpu_max) {
    const auto quota = word(cpu_max);
    return cpu_quota(quota, word(cpu_max));
}

std::optional<double> cpu_quota(std::string_view quota, std::string_view period) {
    const auto allowed = number<std::int64_t>(word(quota));
    const auto each = number<std::int64_t>(word(period));
    if (!allowed || !each || *allowed <= 0 || *each <= 0) {
        return std::nullopt;
    }
    return static_cast<double>(*allowed) / static_cast<double>(*each);
}

std::optional<cgroup_place> find_cgroup(std::string_view cgroup, std::string_view controller) {
    std::optional<cgroup_place> unified;
    while (!cgroup.empty()) {
        auto line = until(cgroup, '\n');
        const bool is_unified = until(line, ':') == "0";
        const auto controllers = until(line, ':');
        if (!line.starts_with('/')) {
            continue;
        }
        const bool inside = line.find("/..") == line.npos;
        cgroup_place place{std::string{controllers}, inside ? std::string{line} : "/"};
        if (is_unified && controllers.empty()) {
            unified = std::move(place);
        } else if (lists(controllers, controller)) {
            return place;
        }
    }
    return unified;
}

}  // namespace curfew::process
