#pragma once

#include <cstddef>

namespace curfew::cli {

/// A stretch of address space that is held and never used: while it is held, what else takes memory
/// cannot take the last of it, and letting go leaves enough to say so.
class address_space {
  public:
    /// Holds `bytes`, or nothing when there are not so many (ulimit -v).
    explicit address_space(std::size_t bytes) noexcept;
    address_space(const address_space&) = delete;
    address_space& operator=(const address_space&) = delete;
    ~address_space();

    [[nodiscard]] bool held() const noexcept { return at_ != nullptr; }

  private:
    std::size_t bytes_;
    void* at_;
};

/// Whether a thread with a stack of the usual size could start now and work.
[[nodiscard]] bool has_room_for_a_thread() noexcept;

}  // namespace curfew::cli
