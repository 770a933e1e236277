#pragma once

#include "keeper.hpp"
#include <curfew/process/unit.hpp>
#include <curfew/runtime/descriptor.hpp>

#include <vector>

namespace curfew::process {

/// Waits at most 1 s for a keeper that has been told to end, and reaps it.
void bury(pid_t keeper, int handle) noexcept;

/// A unit of this machine: talks to its keeper, looks into /proc.
class system_unit final : public unit {
  public:
    system_unit(
        unit_identity identity,
        runtime::descriptor channel,
        runtime::descriptor keeper,
        runtime::descriptor standard_output,
        runtime::descriptor standard_error,
        std::vector<listening_socket> listened_before
    );

    ~system_unit() override;

    [[nodiscard]] const unit_identity& identity() const noexcept override { return identity_; }

    [[nodiscard]] int notices() const noexcept override {
        return keeper_lost_ ? -1 : channel_.number();
    }

    void collect() override;

    [[nodiscard]] const std::optional<exit_report>& exited() const noexcept override {
        return exited_;
    }

    [[nodiscard]] bool empty() const noexcept override { return empty_; }

    [[nodiscard]] census scan() override;
    std::size_t signal(target whom, int number) override;

    [[nodiscard]] listener_owner who_listens(const runtime::endpoint& to) override {
        return find_owner(to, listened_before_, scan().members);
    }

    [[nodiscard]] int standard_output() const noexcept override { return output_.number(); }

    [[nodiscard]] int standard_error() const noexcept override { return error_.number(); }

  private:
    void take(const keeper::message& news);
    void lose_keeper();
    void kill_remains() noexcept;

    unit_identity identity_;
    runtime::descriptor channel_;
    runtime::descriptor keeper_;
    runtime::descriptor output_;
    runtime::descriptor error_;
    std::vector<listening_socket> listened_before_;  ///< the unit was started
    std::uint64_t oom_kills_before_;                 ///< likewise
    std::optional<exit_report> exited_;
    bool empty_ = false;
    bool keeper_lost_ = false;
};

}  // namespace curfew::process
