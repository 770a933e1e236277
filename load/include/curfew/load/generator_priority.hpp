#pragma once

namespace curfew::load {

/// Asks that the calling thread be scheduled before others while this lives, so that on a busy
/// machine requests go out when they are due: SCHED_FIFO where that is allowed, else a nice value
/// of -10. It takes CAP_SYS_NICE; without it nothing changes, and the lag histogram tells what that
/// cost. Meant for a thread that mostly waits. Children started meanwhile do not inherit it.
class generator_priority {
  public:
    generator_priority() noexcept;
    generator_priority(const generator_priority&) = delete;
    generator_priority& operator=(const generator_priority&) = delete;
    ~generator_priority();

    [[nodiscard]] bool raised() const noexcept { return raised_; }

  private:
    int before_;
    bool raised_;
};

}  // namespace curfew::load
