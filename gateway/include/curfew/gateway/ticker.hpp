#pragma once

#include <curfew/gateway/admission.hpp>
#include <curfew/runtime/bell.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/task_group.hpp>

namespace curfew::gateway {

/// Ticks the guards ten times a second while anybody waits, and rests for as long as nobody does.
/// One for all workers. Thread rule: the thread of the loop it was made on, where it ticks.
class ticker final : public waiting_listener {
  public:
    /// `guards` outlives it.
    ticker(admission& guards, runtime::loop& on);
    ticker(const ticker&) = delete;
    ticker& operator=(const ticker&) = delete;

    /// Comes before it is destroyed.
    [[nodiscard]] runtime::task<> close();

  private:
    [[nodiscard]] runtime::task<> run();

    void waiting_begun() noexcept override { someone_.ring(); }

    admission& guards_;
    runtime::bell someone_;
    runtime::scope scope_;
    runtime::task_group tasks_;
};

}  // namespace curfew::gateway
