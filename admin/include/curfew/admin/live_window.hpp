#pragma once

#include <curfew/admin/health.hpp>
#include <curfew/admin/live_state.hpp>
#include <curfew/gateway/snapshot.hpp>
#include <curfew/process/process_sampler.hpp>

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace curfew::admin {

/// Turns pictures of the gateway, whose numbers only grow, into what happened lately: rates since
/// the picture before, counts and times of the last minute. Exact, in steps of ten seconds: the
/// window is 60 to 70 s long, shorter while it has not been fed for so long; after the first
/// picture it is the whole run.
///
/// Holds 8 KiB a route, and as much again for each ten seconds in which the route was used: 16 MiB
/// at the bound of 256 routes. Thread rule: one thread.
class live_window {
  public:
    /// The state at `now`; `at` is wall time, for display. `book`: null where no ledger is kept.
    [[nodiscard]] live_state take(
        const gateway::snapshot& picture,
        const process::process_sample& process,
        time_point now,
        wall_time at,
        const ledger::status* book
    );

    static constexpr duration slice_length = std::chrono::seconds{10};
    static constexpr std::size_t slices = 7;

  private:
    struct counts {
        std::uint64_t requests = 0;
        std::uint64_t timeouts = 0;
        std::uint64_t failures = 0;
        std::uint64_t refused = 0;

        void add(const counts& more) noexcept;
        [[nodiscard]] counts since(const counts& before) const noexcept;
    };

    struct figures {
        counts so_far;
        histogram times;
    };

    struct slice {
        time_point begun{};
        std::map<std::string, std::unique_ptr<figures>> routes;
    };

    [[nodiscard]] static counts counts_of(const gateway::route_numbers& numbers) noexcept;
    void open_slice(const gateway::snapshot& picture, time_point now);
    [[nodiscard]] live_route take_route(
        const std::string& name, const gateway::route_snapshot& route, double seconds
    );
    void forget_others(const std::vector<std::string>& names);

    std::map<std::string, std::unique_ptr<figures>> before_;
    std::deque<slice> slices_;
    time_point last_{};
    bool fed_ = false;
    bool whole_run_ = false;
};

}  // namespace curfew::admin
