#pragma once

#include <curfew/admin/keys.hpp>
#include <curfew/admin/live_state.hpp>
#include <curfew/core/clock.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace curfew::admin {

enum class attachment : std::uint8_t { connecting, attached, lost };

/// One process that is watched, as far as is known.
struct watched_process {
    struct sample {
        double rate = 0;
        double bad_rate = 0;
    };

    std::string address;
    attachment is = attachment::connecting;
    std::string trouble;                 ///< why it is lost; in words
    std::optional<time_point> next_try;  ///< of one that is lost
    std::optional<live_state> state;     ///< the last that came
    std::deque<sample> history;          ///< the oldest first; one a state
    live_missed missed;                  ///< since it was attached first
};

struct watched_end {
    std::size_t process = 0;
    live_end what;
};

/// All that is known, at one moment.
struct watch_picture {
    std::vector<watched_process> processes;
    std::deque<watched_end> ends;  ///< the newest first
};

enum class route_order : std::uint8_t { trouble, rate, p95, name };

[[nodiscard]] std::string_view to_string(route_order how) noexcept;

/// What is looked at, and how.
struct watch_settings {
    std::optional<std::size_t> process;  ///< nothing: all of them together
    route_order order = route_order::trouble;
    std::size_t row = 0;  ///< of the routes: the marked one; may be beyond the last
    bool paused = false;
    bool help = false;
};

/// What `curfew watch` knows and shows: takes what comes from processes and keys, and does no more.
/// Holds five minutes of rates for each process, and 200 ends. Thread rule: one thread.
class watch_model {
  public:
    explicit watch_model(const std::vector<std::string>& addresses);

    void attached(std::size_t process);
    void lost(std::size_t process, std::string trouble, std::optional<time_point> next_try);
    void take(std::size_t process, live_state&& state);
    void take(std::size_t process, live_end&& end);
    void take(std::size_t process, const live_missed& missed);

    /// What a key asks for. `rows`: of the table of routes, as it was drawn last.
    enum class answer : std::uint8_t { nothing, redraw, quit };
    [[nodiscard]] answer press(key pressed, std::size_t rows);

    /// What is to be drawn: what it was when it was paused, if it is.
    [[nodiscard]] const watch_picture& shown() const noexcept { return paused_ ? *paused_ : live_; }

    /// What is known now.
    [[nodiscard]] const watch_picture& known() const noexcept { return live_; }

    [[nodiscard]] const watch_settings& settings() const noexcept { return settings_; }

    static constexpr std::size_t samples_max = 300;
    static constexpr std::size_t ends_max = 200;

  private:
    void turn_process(bool forward);
    void move(key pressed, std::size_t rows);

    watch_picture live_;
    std::optional<watch_picture> paused_;
    watch_settings settings_;
};

/// One process's state, or those of all that are attached, added up: counts and rates are sums, a
/// quantile is the slowest process's (quantiles cannot be added), a breaker the one that is least
/// closed, the nearest deadlines come first.
[[nodiscard]] live_state combined(
    const watch_picture& of, const std::optional<std::size_t>& process
);

/// In the order asked for; the name decides between equals.
void sort_routes(std::vector<live_route>& routes, route_order how);

/// What hangs first, then by the nearest deadline; what was given up last.
void sort_calls(std::vector<live_call>& calls);

}  // namespace curfew::admin
