#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace curfew::ledger {

/// Which address of a name is tried: one of which nobody hears anything takes a whole attempt, so
/// the next attempt is another one's, whatever order the name's server tells them in.
class address_turns {
  public:
    /// What is remembered; beyond it all have another turn.
    static constexpr std::size_t tried_max = 64;

    /// The first of `found`, which is not empty, that `place` was not given before; when it had
    /// them all, the first.
    [[nodiscard]] std::string choose(const std::string& place, std::span<const std::string> found);

    /// One of them works: the next time begins at the first.
    void forget() noexcept { tried_.clear(); }

  private:
    std::vector<std::pair<std::string, std::string>> tried_;
};

}  // namespace curfew::ledger
