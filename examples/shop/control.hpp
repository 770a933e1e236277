#pragma once

#include "dependency.hpp"
#include "http.hpp"
#include "leak.hpp"

#include <thread>

namespace shop {

/// The switches that break the shop, on a port and a thread of their own.
class control {
  public:
    control(int listener, dependency& engine, leak& growth);

  private:
    void serve();
    response turn(const request& asked);
    [[nodiscard]] response status() const;

    int listener_;
    dependency& engine_;
    leak& growth_;
    std::jthread thread_;
};

}  // namespace shop
