#include "words.hpp"
#include <curfew/report/policy_history.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace curfew::report {
namespace {

using ledger::kept_operation;
using ledger::wall_time;

constexpr std::size_t minutes_most = 500;
constexpr std::size_t rows_most = 1'000;  // of one minute
constexpr std::string_view reload_name = "reload";
constexpr std::string_view alert_prefix = "alert ";

std::string attribute(const kept_operation& of, std::string_view name) {
    const auto found = std::ranges::find(of.attributes, name, [](const auto& each) {
        return std::string_view{each.first};
    });
    return found == of.attributes.end() ? std::string{} : found->second;
}

/// Not what only leads up to something (pending, calmed, clearing), nor that a sink works.
bool is_news(std::string_view state) noexcept {
    constexpr std::array<std::string_view, 6> told{
        "firing", "resolved", "relapsed", "failed", "silenced", "heard"
    };
    return std::ranges::find(told, state) != told.end();
}

/// The minutes in which a reload or a step of an alert was recorded, oldest first.
result<std::vector<ledger::minute>> minutes_of_policy(
    ledger::reader& from, const ledger::range& when, bool alerts
) {
    ledger::filter which;
    which.where = surface::policy;
    which.when = when;
    std::vector<ledger::minute> made;
    const auto done = from.each_minute(which, [&](auto at, const auto& what, const auto&) {
        const bool is_one =
            what.name == reload_name || (alerts && what.name.starts_with(alert_prefix));
        if (is_one && (made.empty() || made.back() != at)) {
            made.push_back(at);
        }
    });
    return done ? result<std::vector<ledger::minute>>{std::move(made)}
                : std::unexpected{done.error()};
}

/// Newest first.
result<std::vector<kept_operation>> rows_of(ledger::reader& from, ledger::minute at) {
    ledger::filter which;
    which.where = surface::policy;
    which.when = {ledger::begin_of(at), ledger::begin_of(at + 1)};
    return from.operations(which, false, rows_most);
}

std::string file_of(const policy_reload& of) {
    return of.file.empty() ? std::string{} : " of " + clean(of.file);
}

template <class T>
void add_bounded(std::vector<T>& to, bool& more, T one) {
    if (to.size() < policy_history::most) {
        to.push_back(std::move(one));
    } else {
        more = true;
    }
}

}  // namespace

std::optional<policy_reload> reload_of(const kept_operation& row) {
    if (row.what.where != surface::policy || row.what.name != reload_name) {
        return std::nullopt;
    }
    const bool applied = row.what.ended != outcome::failure;
    return policy_reload{
        row.started,
        row.instance,
        attribute(row, "file"),
        attribute(row, applied ? "changed" : "said"),
        applied,
    };
}

result<policy_history> find_policy_history(ledger::reader& from, const ledger::range& when) {
    const auto minutes = minutes_of_policy(from, when, true);
    if (!minutes) {
        return std::unexpected{minutes.error()};
    }
    policy_history made;
    const std::size_t read = std::min(minutes->size(), minutes_most);
    made.more_reloads = made.more_alerts = read < minutes->size();
    for (std::size_t i = 0; i < read; ++i) {
        const auto rows = rows_of(from, (*minutes)[minutes->size() - 1 - i]);
        if (!rows) {
            return std::unexpected{rows.error()};
        }
        for (const auto& row : *rows) {
            const std::string state = attribute(row, "state");
            if (auto reload = reload_of(row)) {
                add_bounded(made.reloads, made.more_reloads, *std::move(reload));
            } else if (row.what.name.starts_with(alert_prefix) && is_news(state)) {
                add_bounded(
                    made.alerts,
                    made.more_alerts,
                    alert_step{row.started, row.what.name, state, attribute(row, "said")}
                );
            }
        }
    }
    std::ranges::reverse(made.reloads);
    std::ranges::reverse(made.alerts);
    return made;
}

result<std::optional<policy_reload>> find_next_change(
    ledger::reader& from, std::int64_t process, wall_time since, wall_time until
) {
    const auto minutes =
        minutes_of_policy(from, {since, ledger::begin_of(ledger::minute_of(until) + 1)}, false);
    if (!minutes) {
        return std::unexpected{minutes.error()};
    }
    for (std::size_t i = 0; i < std::min(minutes->size(), minutes_most); ++i) {
        auto rows = rows_of(from, (*minutes)[i]);
        if (!rows) {
            return std::unexpected{rows.error()};
        }
        std::ranges::reverse(*rows);
        for (const auto& row : *rows) {
            auto found = reload_of(row);
            if (found && found->is_change() && found->instance == process && found->at > since) {
                return found;
            }
        }
    }
    return std::optional<policy_reload>{};
}

std::string to_text(const policy_reload& of) {
    return "by a reload" + file_of(of) + ": " + clean(of.changed);
}

std::string sentence_of(const policy_reload& of) {
    if (!of.applied) {
        return "a reload" + file_of(of) + " was refused: " + clean(of.changed);
    }
    return of.is_change() ? "the policy was changed " + to_text(of)
                          : "a reload" + file_of(of) + " changed nothing";
}

std::string sentence_of(const alert_step& of) {
    const bool told = of.said.starts_with(alert_prefix);
    return told ? clean(of.said)
                : clean(of.name) + ' ' + clean(of.state) + (of.said.empty() ? "" : ": ") +
                      clean(of.said);
}

}  // namespace curfew::report
