#include "fleet.hpp"

#include <curfew/runtime/baton.hpp>
#include <curfew/runtime/task_group.hpp>

#include <chrono>
#include <future>
#include <random>
#include <thread>

namespace curfew::cli {

namespace {

using gateway::snapshot;

/// A snapshot on its way from loop to loop. It keeps itself alive until it is back, so whoever
/// asked may stop waiting.
struct census : runtime::posted {
    explicit census(runtime::loop& asker) noexcept
        : posted{[](posted& self) noexcept { static_cast<census&>(self).arrive(); }}, home{asker} {}

    struct stop {
        runtime::loop* on;
        const gateway::worker* who;
    };

    void arrive() noexcept {
        if (next == stops.size()) {
            const auto keep = std::exchange(itself, nullptr);
            back.pass();
            return;
        }
        stops[next].who->count(now);
        ++next;
        runtime::loop& onward = next == stops.size() ? home : *stops[next].on;
        onward.post(*this);
    }

    runtime::loop& home;
    std::vector<stop> stops;
    std::size_t next = 0;
    snapshot now;
    runtime::baton back;
    std::shared_ptr<census> itself;
};

}  // namespace

/// A thread with a loop and a worker.
class fleet::crew {
  public:
    crew(gateway::gateway& shared, std::uint64_t seed) : shared_{shared}, seed_{seed} {}

    [[nodiscard]] result<> begin(const runtime::endpoint& at) {
        std::promise<result<>> listening;
        auto begun = listening.get_future();
        thread_ = std::thread{[this, at, &listening] { run(at, listening); }};
        auto outcome = begun.get();
        if (!outcome) {
            thread_.join();
        }
        return outcome;
    }

    void drain(duration grace) noexcept {
        grace_ = grace;
        loop_->post(drain_order_);
    }

    void join() {
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    [[nodiscard]] census::stop stop() const noexcept { return {loop_, worker_}; }

  private:
    void run(const runtime::endpoint& at, std::promise<result<>>& listening) {
        runtime::epoll outside;
        runtime::loop loop{outside};
        gateway::worker worker{shared_, loop, outside, seed_};
        runtime::task_group tasks;
        auto listener = outside.listen(at, true);
        loop_ = &loop;
        worker_ = &worker;
        tasks_ = &tasks;
        if (!listener) {
            loop.post(drain_order_);
            loop.run();
            listening.set_value(std::unexpected{listener.error()});
            return;
        }
        worker.begin(std::move(*listener));
        listening.set_value({});
        loop.run();
    }

    runtime::task<> drain_and_stop() {
        auto draining = worker_->drain(grace_);
        co_await draining;
        loop_->stop();
    }

    struct drain_order : runtime::posted {
        explicit drain_order(crew& c) noexcept
            : posted{[](posted& self) noexcept {
                  crew& whose = static_cast<drain_order&>(self).of;
                  whose.tasks_->spawn(whose.drain_and_stop());
              }},
              of{c} {}

        crew& of;
    };

    gateway::gateway& shared_;
    std::uint64_t seed_;
    runtime::loop* loop_ = nullptr;
    gateway::worker* worker_ = nullptr;
    runtime::task_group* tasks_ = nullptr;
    duration grace_{};
    drain_order drain_order_{*this};
    std::thread thread_;
};

fleet::fleet(gateway::gateway& shared, runtime::loop& main, runtime::network& through)
    : shared_{shared},
      main_{main},
      through_{through},
      seed_{std::random_device{}()},
      first_{shared, main, through, next_seed()} {}

fleet::~fleet() {
    for (const auto& each : others_) {
        each->join();
    }
}

result<runtime::endpoint> fleet::begin(const runtime::endpoint& at) {
    const std::uint32_t workers = shared_.rules().server.workers;
    auto listener = through_.listen(at, workers > 1);
    if (!listener) {
        return std::unexpected{listener.error()};
    }
    const auto bound = (*listener)->local();
    for (std::uint32_t i = 1; i < workers; ++i) {
        auto made = std::make_unique<crew>(shared_, next_seed());
        if (auto begun = made->begin(bound); !begun) {
            return std::unexpected{begun.error()};
        }
        others_.push_back(std::move(made));
    }
    first_.begin(std::move(*listener));
    return bound;
}

runtime::task<snapshot> fleet::describe(runtime::scope& under) {
    snapshot own;
    shared_.guards().describe(own, main_.now());
    first_.count(own);
    if (others_.empty()) {
        co_return own;
    }
    auto round = std::make_shared<census>(main_);
    round->itself = round;
    round->now = own;
    for (const auto& each : others_) {
        round->stops.push_back(each->stop());
    }
    constexpr duration patience = std::chrono::seconds{1};
    runtime::scope waiting{
        under, {deadline::after(main_.now(), patience), true, "admin.census", patience}
    };
    round->stops.front().on->post(*round);
    auto returning = round->back.wait(waiting);
    const auto woken = co_await returning;
    if (woken == runtime::wake::ready) {
        co_return std::move(round->now);
    }
    co_return own;
}

runtime::task<> fleet::drain(duration grace) {
    for (const auto& each : others_) {
        each->drain(grace);
    }
    auto draining = first_.drain(grace);
    co_await draining;
}

std::uint64_t fleet::next_seed() noexcept {
    return seed_ = seed_ * 6364136223846793005U + 1442695040888963407U;
}

}  // namespace curfew::cli
