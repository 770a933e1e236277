#include "limit_source.hpp"

#include <curfew/policy/load.hpp>

#include <algorithm>
#include <utility>

namespace curfew::report {
namespace {

using ledger::filter;
using ledger::kept_operation;
using ledger::wall_time;
using namespace std::chrono_literals;

constexpr std::string_view policy_loaded = "loaded";
constexpr std::size_t rows_most = 10'000;

bool is_loaded(const kept_operation& row) noexcept {
    return row.what.name == policy_loaded;
}

/// What a process said of its limits within a range, oldest first.
result<std::vector<kept_operation>> told_by(
    ledger::reader& from, std::int64_t process, const ledger::range& when
) {
    filter told;
    told.where = surface::policy;
    told.when = when;
    auto rows = from.operations(told, false, rows_most);
    if (!rows) {
        return rows;
    }
    std::erase_if(*rows, [&](const kept_operation& row) { return row.instance != process; });
    std::ranges::sort(*rows, {}, [](const kept_operation& row) {
        return std::pair{row.started, !is_loaded(row)};
    });
    return rows;
}

void keep_change(policy_then& to, const kept_operation& row, wall_time began) {
    auto reload = reload_of(row);
    if (reload && reload->is_change() && reload->at <= began) {
        to.by = std::move(reload);
    }
}

/// Leaves what was said of the policy in force at `began`; false: it was said earlier.
bool cut_to_policy_of(wall_time began, std::vector<kept_operation>& rows) {
    const auto known = [&](const kept_operation& row) {
        return is_loaded(row) && row.started <= began;
    };
    const auto later = [&](const kept_operation& row) {
        return is_loaded(row) && row.started > began;
    };
    rows.erase(std::ranges::find_if(rows, later), rows.end());
    const auto newest = std::ranges::find_if(rows.rbegin(), rows.rend(), known);
    if (newest == rows.rend()) {
        return false;
    }
    rows.erase(rows.begin(), newest.base() - 1);
    return true;
}

}  // namespace

/// What the process said when it took over the policy is looked for further and further back.
result<policy_then> find_policy_then(
    ledger::reader& from, const kept_operation& what, const ledger::instance& in
) {
    const wall_time first = in.started - 1min;
    // A range ends before the minute of its end: that minute is told of too.
    const wall_time last = std::max(what.started, in.started + 2min) + 1min;
    policy_then made;
    for (auto back = std::chrono::minutes{15};; back *= 8) {
        const auto begin = std::max(first, what.started - back);
        // A reload is told just before what it set.
        auto rows = told_by(from, what.instance, {begin - 1min, last});
        if (!rows) {
            return std::unexpected{rows.error()};
        }
        for (const auto& row : *rows) {
            keep_change(made, row, what.started);
        }
        made.rows = *std::move(rows);
        if (cut_to_policy_of(what.started, made.rows) || begin == first) {
            break;
        }
    }
    auto next = find_next_change(from, what.instance, what.started, what.started + 24h);
    if (!next) {
        return std::unexpected{next.error()};
    }
    made.next = *std::move(next);
    return made;
}

std::optional<limit_source> find_source(const kept_operation& what, const policy_then& then) {
    const std::string& key = what.what.limit_name;
    if (what.what.why == cause_kind::inherited_deadline && !is_policy_key(key)) {
        return limit_source{"", "caller", "caller"};
    }
    if (!is_policy_key(key)) {
        return std::nullopt;
    }
    const std::string of_route =
        "route." + what.what.name + key.substr(std::min(key.find('.'), key.size()));
    std::optional<limit_source> found;
    policy::sources defaults;
    for (const auto& row : then.rows) {
        const bool is_it = row.what.name == of_route || (row.what.name == key && !found);
        for (const auto& [name, value] : row.attributes) {
            if (is_loaded(row) && name == "environment") {
                defaults.environment = value;
            } else if (is_it) {
                limit_source& source = found ? *found : found.emplace();
                (name == "value"   ? source.value
                 : name == "layer" ? source.layer
                                   : source.origin) = value;
            }
        }
    }
    if (const auto usual = policy::load(defaults).explain(key);
        !found && !then.rows.empty() && usual) {
        found = limit_source{usual->value, "built-in", "built-in"};
    }
    return found;
}

bool is_policy_key(std::string_view name) {
    return name.starts_with("route.") || policy::load({}).explain(name).has_value();
}

}  // namespace curfew::report
