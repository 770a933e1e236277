#pragma once

#include <curfew/runtime/descriptor.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/task.hpp>

#include <initializer_list>
#include <optional>

namespace curfew::runtime {

/// Signals as events of a loop (signalfd). Blocks them for the calling thread and all threads begun
/// later: make it in main() before any other thread.
class signals {
  public:
    signals(poller& outside, std::initializer_list<int> numbers);

    /// The number of the next signal; nothing when the scope ended.
    [[nodiscard]] task<std::optional<int>> next(scope& under);

  private:
    watched_descriptor descriptor_;
};

}  // namespace curfew::runtime
