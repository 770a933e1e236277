#pragma once

#include <curfew/runtime/poller.hpp>
#include <curfew/runtime/readiness.hpp>

#include <utility>

namespace curfew::runtime {

/// Owns a file descriptor.
class descriptor {
  public:
    descriptor() noexcept = default;

    explicit descriptor(int number) noexcept : number_{number} {}

    descriptor(descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}

    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }

    ~descriptor();

    [[nodiscard]] int number() const noexcept { return number_; }

    explicit operator bool() const noexcept { return number_ >= 0; }

  private:
    int number_ = -1;
};

/// A descriptor that a loop watches: a pidfd, a pipe, a signalfd. Stays where it is.
class watched_descriptor {
  public:
    /// Errors are told by `status()`.
    watched_descriptor(poller& outside, descriptor owned) noexcept
        : outside_{outside},
          owned_{std::move(owned)},
          status_{outside.watch(owned_.number(), ready_)} {}

    watched_descriptor(const watched_descriptor&) = delete;
    watched_descriptor& operator=(const watched_descriptor&) = delete;

    ~watched_descriptor() {
        if (status_) {
            outside_.unwatch(owned_.number());
        }
    }

    [[nodiscard]] const result<>& status() const noexcept { return status_; }

    [[nodiscard]] int number() const noexcept { return owned_.number(); }

    [[nodiscard]] readiness& ready() noexcept { return ready_; }

  private:
    poller& outside_;
    descriptor owned_;
    readiness ready_;
    result<> status_;
};

}  // namespace curfew::runtime
