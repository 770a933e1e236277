#include "access_log.hpp"

#include "access_record.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/core/ring.hpp>
#include <curfew/runtime/doorbell.hpp>
#include <curfew/runtime/quiet_thread.hpp>
#include <curfew/runtime/wall_clock.hpp>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace curfew::cli {

namespace {

constexpr std::size_t sinks_max = 1024;
constexpr std::size_t records_a_round = 512;
constexpr std::size_t turns_max = 16;  // more wait only where a disk hangs
constexpr duration gather = std::chrono::milliseconds{20};
constexpr duration quiet_after = std::chrono::seconds{10};  ///< without a loss: whole again
constexpr duration rest_most = std::chrono::hours{1};
constexpr auto farewell = std::chrono::seconds{1};
constexpr auto relaxed = std::memory_order_relaxed;

/// Takes the requests of one thread.
class access_sink final : public event_sink {
  public:
    access_sink(const std::atomic<double>& part, runtime::doorbell& writer)
        : part_{part}, writer_{writer} {}

    /// Comes before the first part that is not zero.
    void make_room() {
        if (!records_) {
            records_.emplace(access_log::ring_bytes);
        }
    }

    void record(const event& what) noexcept override {
        const double part = part_.load(std::memory_order_acquire);
        if (part == 0 || what.where != surface::http) {
            return;
        }
        const double one_in = access_sample{part}.one_in(what);
        if (one_in == 0) {
            return;
        }
        const std::size_t size = access_record_size(what);
        std::byte* room = records_->reserve(size);
        if (room == nullptr) {
            dropped_.store(dropped_.load(relaxed) + 1, relaxed);
            return;
        }
        write_access_record(what, one_in, room);
        records_->commit(size);
        recorded_.store(recorded_.load(relaxed) + 1, std::memory_order_release);
        writer_.ring();
    }

    /// Hands out what was recorded up to number `until`; see ring::drain.
    template <class F>
    std::size_t drain(std::size_t most, std::uint64_t until, F&& visit) {
        const std::uint64_t left = until > taken_ ? until - taken_ : 0;
        const std::size_t seen =
            records_->drain(std::min<std::uint64_t>(most, left), std::forward<F>(visit));
        taken_ += seen;
        return seen;
    }

    [[nodiscard]] bool waits() const noexcept { return !records_->empty(); }

    [[nodiscard]] std::uint64_t recorded() const noexcept {
        return recorded_.load(std::memory_order_acquire);
    }

    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(relaxed); }

  private:
    const std::atomic<double>& part_;
    runtime::doorbell& writer_;
    std::optional<ring> records_;
    std::atomic<std::uint64_t> recorded_ = 0;
    std::uint64_t taken_ = 0;  ///< the writer's
    std::atomic<std::uint64_t> dropped_ = 0;
};

/// A sink, and up to which record it is looked at now.
struct source {
    access_sink* sink;
    std::uint64_t until;
};

/// From the place before to another, or to none.
struct turn {
    std::vector<std::uint64_t> until;  ///< of each sink: what goes to the place before
    std::optional<access_file> to;
};

std::chrono::sys_time<duration> timeline_epoch() noexcept {
    const auto wall = std::chrono::time_point_cast<duration>(runtime::wall_now());
    return wall - steady_clock{}.now().time_since_epoch();
}

}  // namespace

struct access_log::shared {
    explicit shared(std::function<void(std::string_view)> say) : tell{std::move(say)} {}

    /// Once, for all that comes: rings, and the thread, which `self` keeps alive.
    [[nodiscard]] result<> make_ready(const std::shared_ptr<shared>& self) {
        const std::lock_guard held{lock};
        if (running) {
            return {};
        }
        try {
            for (const auto& each : sinks) {
                each->make_room();
            }
            runtime::start_quiet_thread([self] { self->run(); });
        } catch (const std::system_error& none) {
            return fail(errc::local_resource, none.code().value());
        } catch (const std::bad_alloc&) {
            return fail(errc::local_resource, ENOMEM);
        }
        running = true;
        return {};
    }

    void run() {
        pthread_setname_np(pthread_self(), "access log");
        for (bool over = false; !over;) {
            bool last = false;
            std::vector<turn> due;
            std::vector<source> from;
            {
                const std::lock_guard held{lock};
                last = stopping;
                due.swap(turns);
                std::ranges::transform(sinks, std::back_inserter(from), [](const auto& each) {
                    return source{each.get(), each->recorded()};
                });
            }
            for (turn& each : due) {
                take(std::move(each), from);
            }
            const std::size_t seen = round(from);
            tell_of_losses(from, steady_clock{}.now());
            over = last && seen == 0;
            if (!last && seen < records_a_round) {
                rest(from, seen != 0);
            }
        }
        const std::lock_guard held{lock};
        ended = true;
        changed.notify_all();
    }

    /// One piece of what waits; how many records.
    std::size_t round(const std::vector<source>& from) {
        std::size_t seen = 0;
        text.clear();
        const auto epoch = timeline_epoch();
        for (const auto& [sink, until] : from) {
            seen += sink->drain(records_a_round, until, [&](std::span<const std::byte> record) {
                text += access_line(record, epoch);
            });
        }
        if (!file) {
            unwritten.fetch_add(seen, relaxed);  // taken as it was being turned off
        } else if (seen != 0) {
            const std::size_t wrote = file->write(text, steady_clock{}.now());
            const auto lines = std::ranges::count(text.substr(0, wrote), '\n');
            written.fetch_add(static_cast<std::uint64_t>(lines), relaxed);
            unwritten.fetch_add(seen - static_cast<std::size_t>(lines), relaxed);
        }
        return seen;
    }

    /// Writes the rest of what was meant for the place before, and goes on elsewhere.
    void take(turn what, std::vector<source> from) {
        for (std::size_t i = 0; i < from.size(); ++i) {
            from[i].until = i < what.until.size() ? what.until[i] : 0;
        }
        while (round(from) != 0) {
        }
        file = std::move(what.to);
    }

    void rest(const std::vector<source>& from, bool gathers) {
        using enum runtime::doorbell::mood;
        const duration longest = gathers ? gather : losing ? quiet_after : rest_most;
        bell.rest(gathers ? dozing : asleep, longest, [&] {
            const std::lock_guard held{lock};
            return stopping || !turns.empty() || sinks.size() != from.size() ||
                   (!gathers && std::ranges::any_of(from, [](const source& each) {
                       return each.sink->waits();
                   }));
        });
    }

    void tell_of_losses(const std::vector<source>& from, time_point now) {
        std::uint64_t lost = unwritten.load(relaxed);
        for (const source& each : from) {
            lost += each.sink->dropped();
        }
        const std::uint64_t news = lost - std::exchange(lost_seen, lost);
        lost_at = news > 0 ? now : lost_at;
        if (news > 0 && !std::exchange(losing, true)) {
            const int why = trouble();
            say("lines of the access log are being lost: " +
                std::string{why != 0 ? ::strerrordesc_np(why) : "they are written too slowly"} +
                " (curfew_access_log_dropped_total counts them)");
        } else if (losing && trouble() == 0 && now - lost_at >= quiet_after) {
            losing = false;
            say("the access log is whole again; " + std::to_string(lost) +
                " of its lines were lost so far");
        }
    }

    [[nodiscard]] int trouble() const noexcept { return file ? file->trouble() : 0; }

    void say(const std::string& sentence) {
        const std::lock_guard held{lock};
        if (!left) {
            tell(sentence);
        }
    }

    std::atomic<double> part = 0;  ///< of plain successes that have a line; zero: none is kept
    runtime::doorbell bell;

    // The thread's own.
    std::optional<access_file> file;
    std::string text;
    std::uint64_t lost_seen = 0;
    time_point lost_at{};
    bool losing = false;

    std::atomic<std::uint64_t> written = 0;
    std::atomic<std::uint64_t> unwritten = 0;

    mutable std::mutex lock;
    std::condition_variable changed;
    std::function<void(std::string_view)> tell;
    std::vector<std::unique_ptr<access_sink>> sinks;
    std::vector<turn> turns;  ///< that the thread has not taken yet, oldest first
    bool running = false;
    bool stopping = false;
    bool ended = false;
    bool left = false;  ///< nobody listens any more
};

access_log::access_log(std::function<void(std::string_view)> tell)
    : shared_{std::make_shared<shared>(std::move(tell))} {}

access_log::~access_log() {
    {
        const std::lock_guard held{shared_->lock};
        shared_->stopping = true;
    }
    shared_->bell.ring_loudly();
    std::unique_lock held{shared_->lock};
    shared_->changed.wait_for(held, farewell, [this] {
        return shared_->ended || !shared_->running;
    });
    shared_->left = true;
}

result<> access_log::prepare(const policy::access_log_policy& next) {
    next_ = next;
    next_file_.reset();
    if (const std::lock_guard held{shared_->lock}; shared_->turns.size() == turns_max) {
        return fail(errc::local_resource, EAGAIN);
    }
    if (!next.enabled()) {
        return {};
    }
    if (next.destination != how_.destination) {
        access_file to{next.destination};
        if (const auto opened = to.open(); !opened) {
            return opened;
        }
        next_file_ = std::move(to);
    }
    return shared_->make_ready(shared_);
}

void access_log::adopt() {
    {
        const std::lock_guard held{shared_->lock};
        if (!next_.enabled()) {
            shared_->part.store(0, std::memory_order_release);
        }
        if (next_.destination != how_.destination) {
            turn next{{}, std::exchange(next_file_, std::nullopt)};
            for (const auto& each : shared_->sinks) {
                next.until.push_back(each->recorded());
            }
            shared_->turns.push_back(std::move(next));
        }
        shared_->part.store(next_.enabled() ? next_.sample : 0, std::memory_order_release);
    }
    how_ = next_;
    shared_->bell.ring_loudly();
}

event_sink& access_log::sink() {
    const std::lock_guard held{shared_->lock};
    expects(shared_->sinks.size() < sinks_max, "an access log has a bounded number of sinks");
    auto& made =
        shared_->sinks.emplace_back(std::make_unique<access_sink>(shared_->part, shared_->bell));
    if (shared_->running) {
        made->make_room();
        shared_->bell.ring_loudly();
    }
    return *made;
}

std::optional<gateway::access_log_snapshot> access_log::state() const noexcept {
    if (shared_->part.load(relaxed) == 0) {
        return std::nullopt;
    }
    gateway::access_log_snapshot now{.written = shared_->written.load(relaxed)};
    now.dropped = shared_->unwritten.load(relaxed);
    const std::lock_guard held{shared_->lock};
    for (const auto& each : shared_->sinks) {
        now.dropped += each->dropped();
        now.taken += each->recorded() + each->dropped();
    }
    return now;
}

}  // namespace curfew::cli
