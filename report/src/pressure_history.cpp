#include "words.hpp"
#include <curfew/report/pressure_history.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <utility>

namespace curfew::report {
namespace {

using ledger::kept_operation;
using ledger::wall_time;

constexpr std::size_t steps_most = 10'000;

std::string_view attribute(const kept_operation& of, std::string_view name) {
    const auto found = std::ranges::find(of.attributes, name, [](const auto& each) {
        return std::string_view{each.first};
    });
    return found == of.attributes.end() ? std::string_view{} : std::string_view{found->second};
}

std::optional<double> share(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && value >= 0 && value <= 1 ? std::optional{value} : std::nullopt;
}

std::string percent(double share) {
    return std::to_string(std::lround(share * 100)) + " %";
}

/// The pressure of one signal in one process, added up slot by slot.
class gathering {
  public:
    gathering(wall_time begin, duration length, std::size_t count)
        : begin_{begin}, length_{length}, sums_(count) {}

    void add(wall_time from, wall_time to, double value) {
        for (std::size_t i = slot_of(from); i < sums_.size(); ++i) {
            const wall_time start = begin_ + length_ * static_cast<duration::rep>(i);
            if (start >= to) break;
            const auto both = std::min(to, start + length_) - std::max(from, start);
            const double part = static_cast<double>(std::max<duration>(both, {}).count());
            sums_[i] += value * part / static_cast<double>(length_.count());
        }
    }

    [[nodiscard]] const std::vector<double>& sums() const noexcept { return sums_; }

  private:
    [[nodiscard]] std::size_t slot_of(wall_time at) const {
        return at <= begin_ ? 0 : static_cast<std::size_t>((at - begin_) / length_);
    }

    wall_time begin_;
    duration length_;
    std::vector<double> sums_;
};

wall_time end_of(
    std::int64_t instance, const std::vector<ledger::instance>& processes, wall_time end
) {
    const auto found = std::ranges::find(processes, instance, &ledger::instance::id);
    return found == processes.end() ? end : std::min(end, found->last_seen);
}

}  // namespace

std::optional<pressure_step> pressure_of(const kept_operation& row) {
    if (row.what.where != surface::policy || row.what.name != pressure_event) {
        return std::nullopt;
    }
    const auto before = share(attribute(row, "before"));
    const auto after = share(attribute(row, "after"));
    if (!before || !after) {
        return std::nullopt;
    }
    return pressure_step{
        row.started,
        row.instance,
        std::string{attribute(row, "signal")},
        *before,
        *after,
        std::string{attribute(row, "effect")},
    };
}

result<std::vector<pressure_step>> find_pressure(ledger::reader& from, const ledger::range& when) {
    ledger::filter which;
    which.where = surface::policy;
    which.when = when;
    which.name = pressure_event;
    const auto rows = from.operations(which, false, steps_most);
    if (!rows) {
        return std::unexpected{rows.error()};
    }
    std::vector<pressure_step> made;
    for (const auto& row : *rows) {
        if (auto step = pressure_of(row)) {
            made.push_back(*std::move(step));
        }
    }
    std::ranges::reverse(made);
    return made;
}

std::vector<pressure_step> pressure_at(
    const std::vector<pressure_step>& steps, std::int64_t instance, wall_time at
) {
    std::vector<pressure_step> last;
    for (const auto& each : steps) {
        if (each.instance != instance || each.at > at) {
            continue;
        }
        std::erase_if(last, [&](const auto& other) { return other.signal == each.signal; });
        if (each.after > 0) {
            last.push_back(each);
        }
    }
    return last;
}

std::string change_of(const pressure_step& of) {
    return clean(of.signal) + (of.after > of.before ? " rose" : " fell") + " from " +
           percent(of.before) + " to " + percent(of.after) +
           (of.effect.empty() ? "" : ": " + clean(of.effect));
}

std::vector<pressure_series> average_pressure(
    const std::vector<pressure_step>& steps,
    const std::vector<ledger::instance>& processes,
    wall_time begin,
    duration length,
    std::size_t count
) {
    const wall_time end = begin + length * static_cast<duration::rep>(count);
    std::map<std::pair<std::string, std::int64_t>, std::vector<const pressure_step*>> by_process;
    for (const auto& each : steps) {
        by_process[{each.signal, each.instance}].push_back(&each);
    }
    std::map<std::string, std::vector<double>> highest;
    for (const auto& [key, its] : by_process) {
        gathering sums{begin, length, count};
        const wall_time last = end_of(key.second, processes, end);
        sums.add(begin, its.front()->at, its.front()->before);
        for (std::size_t i = 0; i < its.size(); ++i) {
            const wall_time until =
                i + 1 < its.size() ? its[i + 1]->at : std::max(last, its[i]->at);
            sums.add(its[i]->at, until, its[i]->after);
        }
        auto& all = highest[key.first];
        all.resize(count);
        std::ranges::transform(all, sums.sums(), all.begin(), [](double a, double b) {
            return std::max(a, b);
        });
    }
    std::vector<pressure_series> made;
    for (auto& [signal, means] : highest) {
        if (std::ranges::any_of(means, [](double each) { return each > 0; })) {
            made.push_back({signal, std::move(means)});
        }
    }
    return made;
}

}  // namespace curfew::report
