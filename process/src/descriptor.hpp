#pragma once

#include <unistd.h>

#include <utility>

namespace curfew::process {

/// An owned file descriptor.
class descriptor {
  public:
    descriptor() noexcept = default;

    explicit descriptor(int number) noexcept : number_{number} {}

    descriptor(descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}

    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }

    ~descriptor() { reset(); }

    [[nodiscard]] int get() const noexcept { return number_; }

    explicit operator bool() const noexcept { return number_ >= 0; }

    void reset() noexcept {
        if (number_ >= 0) {
            ::close(std::exchange(number_, -1));
        }
    }

  private:
    int number_ = -1;
};

}  // namespace curfew::process
