#include "fleet.hpp"

#include "address_space.hpp"
#include <curfew/http/block.hpp>
#include <curfew/runtime/baton.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/frame_recycler.hpp>
#include <curfew/runtime/task_group.hpp>

#include <pthread.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <future>
#include <new>
#include <random>
#include <system_error>
#include <thread>

namespace curfew::cli {

/// Goes from worker to worker and home again. It keeps itself alive until it is back, so whoever
/// asked may stop waiting. Two of them never overtake each other.
struct detail::tour : runtime::posted {
    struct stop {
        runtime::loop* on;
        gateway::worker* who;
    };

    explicit tour(runtime::loop& asker) noexcept
        : posted{[](posted& self) noexcept { static_cast<tour&>(self).arrive(); }}, home{asker} {}

    virtual ~tour() = default;

    /// On the worker's thread.
    virtual void visit(gateway::worker& who) noexcept = 0;

    void set_out(const std::shared_ptr<tour>& self) noexcept {
        itself = self;
        stops.front().on->post(*this);
    }

    void arrive() noexcept {
        if (next_stop == stops.size()) {
            const auto keep = std::exchange(itself, nullptr);
            back.pass();
            return;
        }
        visit(*stops[next_stop].who);
        ++next_stop;
        runtime::loop& onward = next_stop == stops.size() ? home : *stops[next_stop].on;
        onward.post(*this);
    }

    runtime::loop& home;
    std::vector<stop> stops;
    std::size_t next_stop = 0;
    runtime::baton back;
    std::shared_ptr<tour> itself;
};

namespace {

using detail::tour;
using gateway::snapshot;

/// On its way.
struct handover final : tour {
    handover(runtime::loop& asker, std::shared_ptr<const gateway::edition> given) noexcept
        : tour{asker}, next{std::move(given)} {}

    void visit(gateway::worker& who) noexcept override {
        try {
            who.adopt(next);
        } catch (const std::bad_alloc&) {
            whole = false;
        }
    }

    std::shared_ptr<const gateway::edition> next;
    bool whole = true;
};

struct census final : tour {
    using tour::tour;

    void visit(gateway::worker& who) noexcept override { who.count(now, times); }

    snapshot now;
    std::vector<gateway::worker::times_of_route> times;
};

struct clearing final : tour {
    using tour::tour;

    void visit(gateway::worker&) noexcept override {
        bytes += http::block::drop_spare() + runtime::drop_spare_frames();
    }

    std::size_t bytes = 0;
};

/// Only looks how long it takes.
struct lap final : tour {
    using tour::tour;

    void visit(gateway::worker&) noexcept override {}
};

}  // namespace

/// A thread with a loop and a worker.
class fleet::crew {
  public:
    crew(fleet& of, std::size_t number)
        : of_{of}, events_{of.sink_()}, number_{number}, seed_{of.next_seed()} {}

    crew(const crew&) = delete;
    crew& operator=(const crew&) = delete;

    ~crew() {
        if (!thread_.joinable()) {
            return;
        }
        if (loop_ != nullptr) {
            drain(duration::zero());
            loop_->post(end_order_);
        }
        thread_.join();
    }

    [[nodiscard]] result<runtime::endpoint> begin(const runtime::endpoint& at, bool shared) {
        if (!has_room_for_a_thread()) {
            return fail(errc::local_resource, ENOMEM);
        }
        std::promise<result<runtime::endpoint>> listening;
        auto begun = listening.get_future();
        try {
            thread_ = std::thread{[this, at, shared, &listening] { run(at, shared, listening); }};
        } catch (const std::system_error& none) {
            return fail(errc::local_resource, none.code().value());
        }
        return begun.get();
    }

    /// The second time nothing happens.
    void drain(duration grace) noexcept {
        if (!std::exchange(told_to_drain_, true)) {
            grace_ = grace;
            loop_->post(drain_order_);
        }
    }

    void hurry() noexcept {
        if (!std::exchange(told_to_hurry_, true)) {
            loop_->post(hurry_order_);
        }
    }

    [[nodiscard]] tour::stop stop() const noexcept { return {loop_, worker_}; }

  private:
    void run(
        const runtime::endpoint& at, bool shared, std::promise<result<runtime::endpoint>>& listening
    ) {
        char name[16];
        std::snprintf(name, sizeof name, "worker %zu", number_ % 10'000);
        pthread_setname_np(pthread_self(), name);
        try {
            runtime::epoll outside;
            auto listener = outside.listen(at, shared);
            if (!listener) {
                listening.set_value(std::unexpected{listener.error()});
                return;
            }
            runtime::loop loop{outside};
            gateway::worker worker{of_.shared_, loop, outside, events_, seed_};
            runtime::task_group tasks;
            loop_ = &loop;
            worker_ = &worker;
            tasks_ = &tasks;
            const runtime::endpoint bound = (*listener)->local();
            worker.begin(std::move(*listener));
            listening.set_value(bound);
            loop.run();
        } catch (const std::system_error& none) {
            listening.set_value(fail(errc::local_resource, none.code().value()));
        } catch (const std::bad_alloc&) {
            listening.set_value(fail(errc::local_resource, ENOMEM));
        }
    }

    runtime::task<> drain_and_tell() {
        auto draining = worker_->drain(grace_);
        co_await draining;
        drained_ = true;
        of_.drained_count_.fetch_add(1, std::memory_order_release);
        of_.drained_.ring();
        end_if_over();
    }

    void end_if_over() noexcept {
        if (drained_ && ending_) {
            loop_->stop();
        }
    }

    struct order : runtime::posted {
        order(crew& c, function run) noexcept : posted{run}, whose{c} {}

        crew& whose;
    };

    static crew& addressee(runtime::posted& self) noexcept {
        return static_cast<order&>(self).whose;
    }

    fleet& of_;
    event_sink& events_;
    std::size_t number_;
    std::uint64_t seed_;
    bool told_to_drain_ = false;
    bool told_to_hurry_ = false;
    duration grace_{};

    // Set by the thread before begin() returns; what they point to lives as long as the thread.
    runtime::loop* loop_ = nullptr;
    gateway::worker* worker_ = nullptr;
    runtime::task_group* tasks_ = nullptr;

    // The thread's own.
    bool drained_ = false;
    bool ending_ = false;

    order drain_order_{*this, [](runtime::posted& self) noexcept {
                           crew& here = addressee(self);
                           here.tasks_->spawn(here.drain_and_tell());
                       }};
    order hurry_order_{*this, [](runtime::posted& self) noexcept {
                           addressee(self).worker_->hurry();
                       }};
    order end_order_{*this, [](runtime::posted& self) noexcept {
                         crew& here = addressee(self);
                         here.ending_ = true;
                         here.end_if_over();
                     }};
    std::thread thread_;
};

fleet::fleet(gateway::gateway& shared, runtime::loop& control, std::function<event_sink&()> sink)
    : shared_{shared},
      control_{control},
      sink_{std::move(sink)},
      ticker_{shared.guards(), control},
      seed_{std::random_device{}()},
      drained_{control} {}

fleet::~fleet() = default;

result<runtime::endpoint> fleet::begin(const runtime::endpoint& at) {
    const std::size_t workers = shared_.rules().server.workers;
    runtime::endpoint bound = at;
    constexpr std::size_t for_the_end = std::size_t{4} << 20;
    const address_space last_words{for_the_end};
    if (!last_words.held()) {
        return fail(errc::local_resource, ENOMEM);
    }
    crews_.reserve(workers);
    while (crews_.size() < workers) {
        auto made = std::make_unique<crew>(*this, crews_.size());
        const auto begun = made->begin(bound, workers > 1);
        if (!begun) {
            return begun;
        }
        bound = *begun;
        crews_.push_back(std::move(made));
    }
    return bound;
}

runtime::task<bool> fleet::send_round(
    std::shared_ptr<detail::tour> made, runtime::scope& under, std::string_view limit_name
) {
    for (const auto& each : crews_) {
        made->stops.push_back(each->stop());
    }
    constexpr duration patience = std::chrono::seconds{1};
    runtime::scope waiting{under, bound::after(control_.now(), patience, limit_name)};
    made->set_out(made);
    auto returning = made->back.wait(waiting);
    const auto woken = co_await returning;
    co_return woken != runtime::wake::ended;
}

runtime::task<std::optional<snapshot>> fleet::describe(runtime::scope& under, std::size_t live) {
    const auto round = std::make_shared<census>(control_);
    round->now.live = gateway::live_requests{live};
    shared_.guards().describe(round->now, control_.now());
    round->times.reserve(crews_.size() * round->now.routes.size());
    auto going = send_round(round, under, "admin.census");
    const bool back = co_await going;
    if (!back) {
        co_return std::nullopt;
    }
    for (const auto& each : round->times) {
        round->now.routes[each.route].numbers.add_times(*each.kept);
    }
    for (auto& each : round->now.live.kept()) {
        if (each.route < round->now.routes.size()) {  // else it was first used meanwhile
            each.name = round->now.routes[each.route].name;
        }
    }
    co_return std::move(round->now);
}

runtime::task<bool> fleet::adopt(
    std::shared_ptr<const gateway::edition> next, runtime::scope& under
) {
    const auto round = std::make_shared<handover>(control_, std::move(next));
    auto going = send_round(round, under, "admin.reload");
    const bool back = co_await going;
    co_return back && round->whole;
}

runtime::task<duration> fleet::lag(runtime::scope& under) {
    const steady_clock clock;
    const time_point begun = clock.now();
    auto going = send_round(std::make_shared<lap>(control_), under, "admin.census");
    co_await going;
    co_return clock.now() - begun;
}

runtime::task<std::size_t> fleet::drop_caches(runtime::scope& under) {
    const auto round = std::make_shared<clearing>(control_);
    auto going = send_round(round, under, "admin.census");
    const bool whole = co_await going;
    co_return whole ? round->bytes : 0;
}

runtime::task<> fleet::drain(duration grace) {
    for (const auto& each : crews_) {
        each->drain(grace);
    }
    // What is left at the end of the grace is broken off, which takes its moment too.
    const duration longest = grace + std::chrono::seconds{1};
    runtime::scope waiting{control_, bound::after(control_.now(), longest, "server.drain")};
    while (drained_count_.load(std::memory_order_acquire) < crews_.size() && !waiting.ended()) {
        auto ringing = drained_.wait(waiting);
        co_await ringing;
    }
    auto ending = ticker_.close();
    co_await ending;
}

void fleet::hurry() noexcept {
    for (const auto& each : crews_) {
        each->hurry();
    }
}

std::uint64_t fleet::next_seed() noexcept {
    return seed_ = seed_ * 6364136223846793005U + 1442695040888963407U;
}

}  // namespace curfew::cli
