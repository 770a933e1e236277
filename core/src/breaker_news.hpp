#pragma once

#include <curfew/core/breaker.hpp>
#include <curfew/core/expects.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace curfew {

/// What one call brought about: at most a lost probe's opening, its reset, and one more.
class breaker::news {
  public:
    void add(const breaker_transition& change) noexcept {
        expects(size_ < changes_.size(), "one call changes the state of a breaker few times");
        changes_[size_++] = change;
    }

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] breaker_transition& operator[](std::size_t at) noexcept { return *changes_[at]; }

    [[nodiscard]] const breaker_transition& operator[](std::size_t at) const noexcept {
        return *changes_[at];
    }

    std::uint32_t lost_probes = 0;

  private:
    // optional: nothing is written for the many calls that change nothing
    std::array<std::optional<breaker_transition>, 4> changes_;
    std::size_t size_ = 0;
};

}  // namespace curfew
