#pragma once

#include <curfew/runtime/epoll.hpp>

namespace curfew::runtime::real {

/// The real outside, how often the loop looked at it, and how much of it is watched.
class counting_poller final : public poller {
  public:
    [[nodiscard]] time_point now() noexcept override { return real_.now(); }

    void wait(deadline until) noexcept override {
        ++waits;
        real_.wait(until);
    }

    void wake() noexcept override { real_.wake(); }

    [[nodiscard]] result<> watch(int descriptor, readiness& ready) noexcept override {
        auto watching = real_.watch(descriptor, ready);
        watched += watching ? 1 : 0;
        return watching;
    }

    void unwatch(int descriptor) noexcept override {
        real_.unwatch(descriptor);
        --watched;
    }

    int waits = 0;
    int watched = 0;

  private:
    epoll real_;
};

}  // namespace curfew::runtime::real
