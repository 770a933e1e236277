#include "writer.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/ledger/ledger.hpp>
#include <curfew/runtime/doorbell.hpp>

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace curfew::ledger {
namespace {

constexpr auto farewell = std::chrono::milliseconds{200};
constexpr std::size_t sinks_max = 1'024;

/// Signals belong to the main loop: a thread that took one would take it away.
class all_signals_blocked {
  public:
    all_signals_blocked() noexcept {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }

    all_signals_blocked(const all_signals_blocked&) = delete;
    all_signals_blocked& operator=(const all_signals_blocked&) = delete;

    ~all_signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  private:
    sigset_t before_{};
};

}  // namespace

/// What the ledger and its thread have in common; the thread may outlive the ledger when its disk
/// hangs.
struct ledger::shared final : private listener {
    shared(const settings& how, times when, std::function<void(std::string_view)> say)
        : keeps{!how.path.empty()},
          ring_bytes{how.ring_bytes},
          clocks{std::move(when)},
          tell{std::move(say)},
          listeners{how.listeners},
          waits{time, [this] { return meanwhile(); }},
          work{for_writer(how), [this](std::string_view sentence) { pass_on(sentence); }, waits} {
        seen = work.state();
    }

    void pass_on(std::string_view sentence) {
        const std::lock_guard held{telling};
        if (tell) {
            tell(sentence);
        }
    }

    /// Whoever listens hears it from us, who know when to be silent.
    [[nodiscard]] settings for_writer(settings how) {
        if (!how.listeners.empty()) {
            how.listeners = {this};
        }
        return how;
    }

    void heard(const event& what, wall_time when) noexcept override {
        const std::lock_guard held{telling};
        for (listener* each : listeners) {
            each->heard(what, when);
        }
    }

    void drained(time_point now, std::uint64_t dropped) noexcept override {
        const std::lock_guard held{telling};
        for (listener* each : listeners) {
            each->drained(now, dropped);
        }
    }

    /// While the thread waits for a database, ten times a second. Whether it is worth more waiting.
    bool meanwhile() {
        std::vector<recorder*> from;
        bool stops = false;
        {
            const std::lock_guard held{lock};
            stops = stopping;
            for (const auto& each : recorders) {
                from.push_back(each.get());
            }
        }
        const auto now = clocks.now();
        work.meanwhile(now, clocks.wall(), from);
        const std::lock_guard held{lock};
        seen = work.state();
        // What does not arrive in time is on the disk before the patience of `stop` is over.
        return !stops || time.now() < stop_by;
    }

    void run() {
        pthread_setname_np(pthread_self(), keeps ? "ledger" : "events");
        bool last = false;
        while (!last) {
            std::vector<recorder*> from;
            std::vector<std::string> texts;
            {
                const std::lock_guard held{lock};
                last = stopping;
                texts.swap(marks);
                for (const auto& each : recorders) {
                    from.push_back(each.get());
                }
            }
            const auto now = clocks.now();
            const auto wall = clocks.wall();
            for (auto& each : texts) {
                work.take_mark({wall, std::move(each)});
            }
            const bool whole = last ? work.finish(now, wall, from) : work.step(now, wall, from);
            {
                const std::lock_guard held{lock};
                seen = work.state();
                all_written = whole;
            }
            if (!last) {
                rest(from);
            }
        }
        const std::lock_guard held{lock};
        ended = true;
        changed.notify_all();
    }

    // While events come they are left to gather: a ring holds far more than come in a moment.
    void rest(std::span<recorder* const> from) {
        const duration longest = work.rest(clocks.now());
        const bool gathers = longest == writer::drain_every;
        bell.rest(
            gathers ? runtime::doorbell::mood::dozing : runtime::doorbell::mood::asleep,
            longest,
            [&] {
                const std::lock_guard held{lock};
                return stopping || !marks.empty() || recorders.size() != from.size() ||
                       (!gathers && std::ranges::any_of(from, &recorder::waits));
            }
        );
    }

    const bool keeps;
    const std::size_t ring_bytes;
    const times clocks;
    std::mutex telling;
    std::function<void(std::string_view)> tell;
    std::vector<listener*> listeners;

    runtime::doorbell bell;
    std::mutex lock;
    std::condition_variable changed;
    std::vector<std::unique_ptr<recorder>> recorders;
    std::vector<std::string> marks;
    status seen;
    bool stopping = false;
    bool ended = false;
    bool all_written = false;
    time_point stop_by = time_point::max();

    const steady_clock time{};  // sockets are waited for by it
    const postgres_waiting waits;
    writer work;  // of the thread alone
};

ledger::ledger(const settings& how, times clocks, std::function<void(std::string_view)> tell)
    : shared_{std::make_shared<shared>(how, std::move(clocks), std::move(tell))} {
    const all_signals_blocked quiet;
    thread_ = std::thread{[mine = shared_] { mine->run(); }};
}

ledger::~ledger() {
    stop(farewell);
}

event_sink& ledger::sink(std::size_t ring_bytes) {
    auto made = std::make_unique<recorder>(
        ring_bytes == 0 ? shared_->ring_bytes : ring_bytes, &shared_->bell
    );
    event_sink& its = *made;
    {
        const std::lock_guard held{shared_->lock};
        expects(shared_->recorders.size() < sinks_max, "a sink is for a thread, not for a request");
        shared_->recorders.push_back(std::move(made));
    }
    shared_->bell.ring_loudly();
    return its;
}

void ledger::mark(std::string text) {
    {
        const std::lock_guard held{shared_->lock};
        if (shared_->marks.size() < batch::marks_max) {
            shared_->marks.push_back(std::move(text));
        }
    }
    shared_->bell.ring_loudly();
}

status ledger::state() const {
    const std::lock_guard held{shared_->lock};
    return shared_->seen;
}

bool ledger::stop(duration patience) {
    bool whole = false;
    bool over = false;
    {
        std::unique_lock held{shared_->lock};
        shared_->stopping = true;
        shared_->stop_by = add_saturated(shared_->time.now(), patience / 2);
        shared_->bell.ring_loudly();
        shared_->changed.wait_for(held, patience, [this] { return shared_->ended; });
        shared_->seen.is = status::condition::stopped;
        over = shared_->ended;
        whole = over && shared_->all_written;
    }
    // What ends is waited for, so that nothing of it runs on while the process ends. What hangs in
    // its disk cannot be.
    if (thread_.joinable()) {
        over ? thread_.join() : thread_.detach();
    }
    // Whoever it talks to may be gone soon.
    const std::lock_guard held{shared_->telling};
    shared_->tell = nullptr;
    shared_->listeners.clear();
    return whole;
}

}  // namespace curfew::ledger
