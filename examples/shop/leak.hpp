#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace shop {

/// Grows the process by a given number of MiB a second and never gives anything back; stops at
/// 1 GiB, so that trying it out costs nobody their machine.
class leak {
  public:
    leak();

    void set_rate(unsigned mebibytes_per_second) noexcept { rate_ = mebibytes_per_second; }

    [[nodiscard]] std::size_t leaked_mebibytes() const noexcept { return leaked_; }

  private:
    void grow(const std::stop_token& stop);

    std::atomic<unsigned> rate_ = 0;
    std::atomic<std::size_t> leaked_ = 0;
    std::vector<std::unique_ptr<char[]>> kept_;
    std::jthread thread_;
};

}  // namespace shop
