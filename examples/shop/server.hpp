#pragma once

#include "catalogue.hpp"
#include "dependency.hpp"
#include "http.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace shop {

/// Eight workers that serve one request each. A thread polls all connections and hands those with
/// something to read to the workers through a queue, so an idle connection holds no worker; a
/// worker that waits for the dependency is held for as long as that takes.
class server {
  public:
    static constexpr std::size_t workers = 8;

    server(int listener, dependency& engine, catalogue& goods);

  private:
    void poll_connections();
    void accept_one();
    void serve_requests();
    void serve(connection* peer);
    void watch(connection* peer, int operation);

    int listener_;
    int poll_;
    dependency& engine_;
    catalogue& goods_;
    std::mutex mutex_;
    std::condition_variable work_;
    std::deque<connection*> ready_;  // without a bound, as in so many services
    std::vector<std::jthread> threads_;
};

}  // namespace shop
