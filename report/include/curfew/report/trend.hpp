#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/ledger/reader.hpp>
#include <curfew/report/pressure_history.hpp>
#include <curfew/statistics/change_point.hpp>
#include <curfew/statistics/correlation.hpp>
#include <curfew/statistics/forecast.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace curfew::report {

/// The quantiles that are kept of each slot.
inline constexpr std::array<double, 4> trend_quantiles{0.5, 0.9, 0.95, 0.99};

/// One operation in one slot. Histograms of its minutes are merged, quantiles never averaged.
struct trend_slot {
    std::uint64_t ended = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t failed = 0;
    std::uint64_t refused = 0;    ///< shed, breaker, rejected, shutdown
    std::uint64_t completed = 0;  ///< ran to their end: what the quantiles are of
    std::array<duration, trend_quantiles.size()> took{};
    duration queued{};  ///< mean time in the queue, of the completed ones
};

/// What is watched of an operation.
enum class measure : std::uint8_t {
    rate,          ///< operations a second
    timeout_rate,  ///< timed out / (succeeded, failed or timed out), 0..1
    latency,       ///< a quantile, in seconds
};

[[nodiscard]] std::string_view to_string(measure what) noexcept;

/// What a change may have come from: a deploy, or another policy.
struct trend_marker {
    ledger::wall_time at{};
    std::string text;  ///< of a reload: what it changed
    bool is_reload = false;
};

struct deploy_beside {
    trend_marker what;
    duration before{};  ///< from it to the slot of the change; negative: within that slot
};

struct trend_change {
    measure of = measure::rate;
    statistics::change_point point;  ///< its index is that of the slot
    ledger::wall_time at{};          ///< where that slot begins
    std::optional<deploy_beside> deploy;
};

/// What comes next if nothing changes, from the slots since the last change.
struct trend_outlook {
    measure of = measure::rate;
    ledger::wall_time since{};  ///< the first slot it was made from
    statistics::forecast next;  ///< one prediction a slot; empty: too few slots
};

struct operation_trend {
    surface where = surface::http;
    std::string name;  ///< empty: all of them together
    std::vector<trend_slot> slots;
    std::uint64_t count = 0;
    /// The highest of `trend_quantiles` that at least ten operations of a usual slot exceed; none:
    /// a usual slot has fewer than twenty.
    std::optional<std::size_t> quantile;
    std::vector<trend_change> changes;    ///< by time
    std::vector<trend_outlook> outlooks;  ///< of the most frequent operations only
};

/// Two series of all operations together that were compared.
struct trend_relation {
    std::string cause;        ///< "rate"; "queue": the mean time in the queue; "pressure memory"
    std::string_view effect;  ///< "timeout_rate", "latency"
    statistics::correlation found;
    bool clear = false;  ///< its p-value is below what chance gives among all that were compared
};

struct trend {
    std::string path;
    std::optional<surface> where;
    ledger::wall_time from{};
    ledger::wall_time to{};  ///< the present: the last slot is cut short there
    duration slot_length{};
    std::vector<double> seconds;  ///< of each slot, in which it is known what happened; 0: not
    operation_trend all;
    std::vector<operation_trend> operations;  ///< the most frequent first
    std::vector<pressure_series> pressure;    ///< signals that were up, one value a slot
    std::vector<trend_relation> relations;
    std::vector<trend_marker> marks;  ///< by time
    std::size_t series_searched = 0;  ///< for changes
    std::size_t fullest_series = 0;   ///< slots with enough in them, of the series with most
    /// A sentence for each figure of all operations together that no slot has: what there is, what
    /// it takes, and what to ask instead.
    std::vector<std::string> lacking;
};

/// How unlikely a change or a relation must be by chance, of all that one trend tells together.
inline constexpr double trend_p_value = 0.01;

/// Series with fewer known slots are not searched for changes.
inline constexpr std::size_t fewest_trend_slots = 30;

/// Operations that are forecast and shown one by one, by frequency.
inline constexpr std::size_t trend_operations_shown = 20;

struct trend_question {
    ledger::wall_time from{};
    ledger::wall_time now{};
    std::optional<surface> where{};
};

/// How things went, slot by slot: one pass over the minutes. A slot in which no process was there
/// to record is not known, rather than zero. Where the ledger's history begins later than what was
/// asked about, slots are those of the shorter time, as long as a usual one needs to carry a P50
/// (in a second pass, over the little that there is).
///
/// Changes: statistics::find_change_points on the rate, the timeout rate and a latency quantile of
/// each operation and of all together. Since that is many series, a change is told only if it
/// stands out among all of them (Y. Benjamini and Y. Hochberg, "Controlling the false discovery
/// rate", 1995, at `trend_p_value`); so a trend in which nothing changed shows any with at most
/// that chance. The day's and the week's rise and fall are changes too: they are not known here.
///
/// Relations: Spearman's correlation of all operations' timeout rate and latency with their rate,
/// their time in the queue and each pressure signal that was up, at most three slots later.
[[nodiscard]] result<trend> find_trend(ledger::reader& from, const trend_question& what);

/// Finds changes, relations and outlooks in slots that were collected: the second half of
/// `find_trend`, for what needs no ledger.
void interpret(trend& of);

/// For a terminal, with sparklines.
[[nodiscard]] std::string to_text(const trend& of);

/// docs/schema/trend.json: all of it.
[[nodiscard]] std::string to_json(const trend& of);

}  // namespace curfew::report
