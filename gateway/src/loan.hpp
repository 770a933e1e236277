#pragma once

#include <curfew/gateway/balancer.hpp>

#include <utility>

namespace curfew::gateway {

/// Counts a request as in flight at its endpoint while it lives, and tells the balancer what became
/// of it, each end once. Without others beside that endpoint the telling does nothing.
/// Thread rule: the loop's thread. The balancer must outlive it.
class loan {
  public:
    loan() noexcept = default;
    loan(balancer& loads, std::size_t endpoint) noexcept;
    loan(loan&& other) noexcept;
    loan& operator=(loan&& other) noexcept;
    ~loan();

    /// It is being sent, for a route (see balancer::request).
    void sent(std::size_t route, time_point now) noexcept;

    /// True if it says nothing about its route: see balancer::answered_badly, failed and hangs.
    /// `server_error`: a 5xx.
    [[nodiscard]] bool answered(bool server_error, time_point now) noexcept;
    [[nodiscard]] bool failed(time_point now) noexcept;

    /// It hangs, or ran into its own time-out. May be asked again while it lasts.
    [[nodiscard]] bool hangs(time_point now) noexcept;

    /// Its endpoint has come to rest since it was sent, and others stand in for it.
    [[nodiscard]] bool is_left_behind() const noexcept {
        return waits_ && !what_.trial && loads_->is_set_aside(what_.endpoint);
    }

    [[nodiscard]] bool is_trial() const noexcept { return what_.trial; }

  private:
    void end_hang() noexcept;

    balancer* loads_ = nullptr;
    balancer::request what_;
    bool waits_ = false;    ///< was sent, and has no answer
    bool hanging_ = false;  ///< and counts as hanging
    bool judged_ = false;   ///< the trial has its verdict
};

}  // namespace curfew::gateway
