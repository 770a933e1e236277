#pragma once

#include <curfew/alerts/figure.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::alerts {

/// One alert on one operation, as it is now.
struct standing {
    std::string alert;
    std::string operation{};  ///< empty: the whole surface, or the process
    state is = state::no_data;
    duration for_so_long{};  ///< in this state; of firing and clearing: since it fired
    figure measured{};
    std::string figure_text{};
};

/// One alert.
struct summary {
    policy::alert_policy rule;
    bool silenced = false;
    duration silenced_for{};  ///< still; zero where it is by the policy, until that says otherwise
    std::vector<standing> operations;  ///< no_data of the whole where nothing was seen
    bool folds = false;                ///< there were more operations: they are counted as `other`
};

/// A step that one of them took.
struct change {
    transition what = transition::none;
    standing now;
    policy::alert_policy rule;
    bool silenced = false;  ///< it is told to nobody
};

/// All alerts of a process: told what happens, it says what changes. Bounded: `series_max` pairs
/// of an alert and an operation; what is beyond is counted together, as `other`.
/// A plain state machine. Thread rule: one thread at a time.
class engine {
  public:
    static constexpr std::size_t series_max = 4'096;
    static constexpr std::size_t operations_max = 256;  ///< of one alert

    engine(const std::vector<policy::alert_policy>& rules, time_point now);

    void take(const sample& what);
    void take(incident what, std::uint64_t count, time_point at) noexcept;

    void tell_ledger(bool failing) noexcept { ledger_failing_ = failing; }

    /// To be called about once a second.
    [[nodiscard]] std::vector<change> step(time_point now);

    /// Other rules. One that means the same under the same name keeps its windows and states, and
    /// a silence holds by name; what fires and is there no more is resolved.
    [[nodiscard]] std::vector<change> adopt(
        const std::vector<policy::alert_policy>& rules, time_point now
    );

    /// Tells nobody of this alert for so long; zero ends it. What fires when the silence is over is
    /// told then. False: there is none of that name.
    [[nodiscard]] bool silence(std::string_view name, duration for_so_long, time_point now);

    [[nodiscard]] std::vector<summary> summaries(time_point now) const;

  private:
    struct series {
        series(std::string operation, const policy::alert_policy& rule, time_point now)
            : name{std::move(operation)}, last{window_of(rule)}, born{now} {}

        std::string name;
        alert fires;
        window last;
        time_point born;
        figure measured{};
        bool told = false;  ///< that it fires: nobody hears of the end of what he never heard of
    };

    struct watched {
        policy::alert_policy rule;
        std::optional<time_point> silent_until{};
        std::vector<series> all{};
        std::map<std::string, std::size_t, std::less<>> index{};
        bool folds = false;

        [[nodiscard]] bool is_silent(time_point now) const noexcept {
            return rule.silent || (silent_until && now < *silent_until);
        }
    };

    [[nodiscard]] series* series_of(watched& of, const sample& what);
    [[nodiscard]] static standing standing_of(
        const watched& of, const series& each, time_point now
    );
    void step(watched& of, time_point now, std::vector<change>& to);
    [[nodiscard]] static bool settle(series& of, transition& what, bool silent) noexcept;

    std::vector<watched> rules_;
    std::size_t series_count_ = 0;
    bool ledger_failing_ = false;
};

/// Whether a name fits a pattern in which `*` is anything, also nothing.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view name) noexcept;

}  // namespace curfew::alerts
