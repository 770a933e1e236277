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
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace curfew::cli {

namespace {

constexpr std::size_t sinks_max = 1024;
constexpr std::size_t records_a_round = 512;
constexpr duration gather = std::chrono::milliseconds{20};
constexpr duration quiet_after = std::chrono::seconds{10};  ///< without a loss: whole again
constexpr duration rest_most = std::chrono::hours{1};
constexpr auto farewell = std::chrono::seconds{1};
constexpr auto relaxed = std::memory_order_relaxed;

/// Takes the requests of one thread.
class access_sink final : public event_sink {
  public:
    access_sink(const access_sample& which, runtime::doorbell& writer)
        : which_{which}, writer_{writer}, records_{access_log::ring_bytes} {}

    void record(const event& what) noexcept override {
        const double one_in = what.where == surface::http ? which_.one_in(what) : 0;
        if (one_in == 0) {
            return;
        }
        const std::size_t size = access_record_size(what);
        std::byte* room = records_.reserve(size);
        if (room == nullptr) {
            dropped_.store(dropped_.load(relaxed) + 1, relaxed);
            return;
        }
        write_access_record(what, one_in, room);
        records_.commit(size);
        writer_.ring();
    }

    [[nodiscard]] ring& records() noexcept { return records_; }

    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(relaxed); }

  private:
    const access_sample& which_;
    runtime::doorbell& writer_;
    ring records_;
    std::atomic<std::uint64_t> dropped_ = 0;
};

std::chrono::sys_time<duration> timeline_epoch() noexcept {
    const auto wall = std::chrono::time_point_cast<duration>(runtime::wall_now());
    return wall - steady_clock{}.now().time_since_epoch();
}

}  // namespace

struct access_log::shared {
    shared(const policy::access_log_policy& how, std::function<void(std::string_view)> say)
        : which{how.sample}, file{how.destination}, tell{std::move(say)} {}

    void run() {
        pthread_setname_np(pthread_self(), "access log");
        for (bool over = false; !over;) {
            bool last = false;
            std::vector<access_sink*> from;
            {
                const std::lock_guard held{lock};
                last = stopping;
                std::ranges::transform(sinks, std::back_inserter(from), [](const auto& each) {
                    return each.get();
                });
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
    std::size_t round(const std::vector<access_sink*>& from) {
        std::size_t seen = 0;
        text.clear();
        const auto epoch = timeline_epoch();
        for (access_sink* each : from) {
            seen += each->records().drain(records_a_round, [&](std::span<const std::byte> record) {
                text += access_line(record, epoch);
            });
        }
        if (seen != 0) {
            const std::size_t wrote = file.write(text, steady_clock{}.now());
            const auto lines = std::ranges::count(text.substr(0, wrote), '\n');
            written.fetch_add(static_cast<std::uint64_t>(lines), relaxed);
            unwritten.fetch_add(seen - static_cast<std::size_t>(lines), relaxed);
        }
        return seen;
    }

    void rest(const std::vector<access_sink*>& from, bool gathers) {
        using enum runtime::doorbell::mood;
        const duration longest = gathers ? gather : losing ? quiet_after : rest_most;
        bell.rest(gathers ? dozing : asleep, longest, [&] {
            const std::lock_guard held{lock};
            return stopping || sinks.size() != from.size() ||
                   (!gathers && std::ranges::any_of(from, [](access_sink* each) {
                       return !each->records().empty();
                   }));
        });
    }

    void tell_of_losses(const std::vector<access_sink*>& from, time_point now) {
        std::uint64_t lost = unwritten.load(relaxed);
        for (const access_sink* each : from) {
            lost += each->dropped();
        }
        const std::uint64_t news = lost - std::exchange(lost_seen, lost);
        lost_at = news > 0 ? now : lost_at;
        if (news > 0 && !std::exchange(losing, true)) {
            const int why = file.trouble();
            say("lines of the access log are being lost: " +
                std::string{why != 0 ? ::strerrordesc_np(why) : "they are written too slowly"} +
                " (curfew_access_log_dropped_total counts them)");
        } else if (losing && file.trouble() == 0 && now - lost_at >= quiet_after) {
            losing = false;
            say("the access log is whole again; " + std::to_string(lost) +
                " of its lines were lost so far");
        }
    }

    void say(const std::string& sentence) {
        const std::lock_guard held{lock};
        if (!left) {
            tell(sentence);
        }
    }

    const access_sample which;
    runtime::doorbell bell;

    // The thread's own.
    access_file file;
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
    bool running = false;
    bool stopping = false;
    bool ended = false;
    bool left = false;  ///< nobody listens any more
};

access_log::access_log(
    const policy::access_log_policy& how, std::function<void(std::string_view)> tell
)
    : how_{how} {
    if (how.enabled()) {
        shared_ = std::make_shared<shared>(how, std::move(tell));
    }
}

access_log::~access_log() {
    if (!shared_) {
        return;
    }
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

result<> access_log::begin() {
    if (!shared_) {
        return {};
    }
    if (const auto opened = shared_->file.open(); !opened) {
        return opened;
    }
    try {
        runtime::start_quiet_thread([mine = shared_] { mine->run(); });
    } catch (const std::system_error& none) {
        return fail(errc::local_resource, none.code().value());
    }
    const std::lock_guard held{shared_->lock};
    shared_->running = true;
    return {};
}

event_sink* access_log::sink() {
    if (!shared_) {
        return nullptr;
    }
    const std::lock_guard held{shared_->lock};
    expects(shared_->sinks.size() < sinks_max, "an access log has a bounded number of sinks");
    auto& made =
        shared_->sinks.emplace_back(std::make_unique<access_sink>(shared_->which, shared_->bell));
    shared_->bell.ring_loudly();
    return made.get();
}

std::optional<gateway::access_log_snapshot> access_log::state() const noexcept {
    if (!shared_) {
        return std::nullopt;
    }
    gateway::access_log_snapshot now{.written = shared_->written.load(relaxed)};
    now.dropped = shared_->unwritten.load(relaxed);
    const std::lock_guard held{shared_->lock};
    for (const auto& each : shared_->sinks) {
        now.dropped += each->dropped();
    }
    return now;
}

}  // namespace curfew::cli
