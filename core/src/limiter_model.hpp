#pragma once

#include <curfew/core/limiter.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <queue>
#include <random>
#include <utility>
#include <vector>

namespace curfew::limiter_model {

using namespace std::chrono_literals;

/// A backend with blocking workers behind a limiter, in simulated time. Calls that find no place
/// wait in one queue for each route, served in turn; inside the backend they wait for a worker.
class model {
  public:
    using service = std::function<duration(std::mt19937&)>;

    model(
        std::size_t workers,
        std::size_t routes,
        const limiter_config& config = {},
        std::uint32_t seed = 42
    )
        : limit{config}, routes_(routes), waiting_(routes), random_{seed}, workers_{workers} {
        for (auto& one : routes_)
            one.serve = [](auto&) { return duration{10ms}; };
    }

    void serve(std::size_t route, service how) { routes_[route].serve = std::move(how); }

    void hang(std::size_t route) {
        serve(route, [](auto&) { return duration{1h}; });
    }

    void set_workers(std::size_t workers) { workers_ = workers; }

    void set_timeout(duration after) { timeout_ = after; }

    /// `clients` that each call again as soon as they are answered.
    void add_clients(std::size_t route, int clients) {
        for (int made = 0; made < clients; ++made)
            arrive(route, true);
    }

    /// Calls that arrive at random, `per_second` on average, for as long as `run` lasts.
    void add_stream(std::size_t route, double per_second) {
        at(now_, [=, this] { next_arrival(route, per_second); });
    }

    void burst(std::size_t route, int calls) {
        for (int made = 0; made < calls; ++made)
            arrive(route, false);
    }

    void run(duration span) {
        const auto until = now_ + span;
        while (!agenda_.empty() && agenda_.top().when <= until) {
            auto next = agenda_.top();
            agenda_.pop();
            pass(next.when);
            next.what();
            lowest = std::min(lowest, limit.status().limit);
            highest = std::max(highest, limit.status().limit);
        }
        pass(until);
    }

    /// From here on, what was seen is counted anew.
    void forget() {
        lowest = highest = limit.status().limit;
        at_limit_.clear();
        worked_ = exposed_ = watched_ = 0;
        for (auto& one : routes_)
            one.answered = one.timed_out = 0, one.latencies.clear();
    }

    /// The workers stand still for `length` at the end of every `every`, like a collector's pause.
    void set_pauses(duration every, duration length) {
        pause_every_ = every;
        pause_ = length;
    }

    /// Of the workers' time, the part in which they worked.
    double utilisation() const { return worked_ / watched_ / static_cast<double>(workers_); }

    /// Of the time, the part in which one route could have held every worker.
    double exposed() const { return exposed_ / watched_; }

    /// The limit that was not exceeded for `part` of the time.
    std::uint32_t limit_for(double part) const {
        double sum = 0;
        for (const auto& [value, time] : at_limit_)
            if ((sum += time) >= part * watched_) return value;
        return now_limit();
    }

    std::uint32_t now_limit() const { return limit.status().limit; }

    std::size_t waiting(std::size_t route) const { return waiting_[route].size(); }

    std::size_t answered(std::size_t route) const { return routes_[route].answered; }

    duration healthy(std::size_t route) const { return limit.healthy(routes_[route].state); }

    /// Inside the backend, waiting for a worker included.
    duration median_latency(std::size_t route) {
        auto& all = routes_[route].latencies;
        std::ranges::sort(all);
        return all.empty() ? duration{} : all[all.size() / 2];
    }

    limiter limit;
    std::uint32_t lowest = UINT32_MAX;
    std::uint32_t highest = 0;

  private:
    struct one_route {
        limiter::route state;
        service serve;
        std::size_t answered = 0;
        std::size_t timed_out = 0;
        std::vector<duration> latencies;
    };

    struct call {
        std::size_t route = 0;
        bool again = false;
        bool ended = false;  // for the caller; a worker may still be busy with it
        time_point started{};
        limiter::permit permit;
    };

    struct entry {
        time_point when;
        std::uint64_t number;
        std::function<void()> what;

        bool operator<(const entry& other) const {
            return std::pair{when, number} > std::pair{other.when, other.number};
        }
    };

    void at(time_point when, std::function<void()> what) {
        agenda_.push({when, ++number_, std::move(what)});
    }

    void pass(time_point when) {
        const auto span = static_cast<double>((when - now_).count());
        watched_ += span;
        worked_ += span * static_cast<double>(std::min(busy_, workers_));
        exposed_ += limit.share() >= workers_ ? span : 0;
        at_limit_[now_limit()] += span;
        now_ = when;
    }

    duration with_pauses(duration service) const {
        if (pause_ == duration::zero()) return service;
        const auto into = now_.time_since_epoch() % pause_every_;
        return service + (into + service) / pause_every_ * pause_;
    }

    void next_arrival(std::size_t route, double per_second) {
        arrive(route, false);
        const auto gap = std::exponential_distribution{per_second}(random_);
        at(now_ + std::chrono::duration_cast<duration>(std::chrono::duration<double>{gap}),
           [=, this] { next_arrival(route, per_second); });
    }

    void arrive(std::size_t route, bool again) {
        waiting_[route].push_back(again);
        admit();
    }

    void admit() {
        for (std::size_t tried = 0; tried < routes_.size(); ++tried) {
            const auto route = (turn_ + tried) % routes_.size();
            while (!waiting_[route].empty()) {
                auto permit = limit.try_acquire(routes_[route].state, now_);
                if (!permit) break;
                const bool again = waiting_[route].front();
                waiting_[route].pop_front();
                calls_.push_back({route, again, false, now_, *std::move(permit)});
                begin(std::prev(calls_.end()));
            }
        }
        turn_ = (turn_ + 1) % routes_.size();
    }

    void begin(std::list<call>::iterator one) {
        backlog_.push_back(one);
        if (timeout_ > duration::zero()) at(now_ + timeout_, [this, one] { time_out(one); });
        work();
    }

    void time_out(std::list<call>::iterator one) {
        if (one->ended) return;
        ++routes_[one->route].timed_out;
        end(*one, outcome::timeout, cause_kind::own_timeout);
    }

    void work() {
        while (busy_ < workers_ && !backlog_.empty()) {
            const auto one = backlog_.front();
            backlog_.pop_front();
            ++busy_;
            const auto took = with_pauses(routes_[one->route].serve(random_));
            at(now_ + took, [this, one] { done(one); });
        }
    }

    void done(std::list<call>::iterator one) {
        --busy_;
        if (!one->ended) {
            ++routes_[one->route].answered;
            routes_[one->route].latencies.push_back(now_ - one->started);
            end(*one, outcome::success, cause_kind::completed);
        }
        if (timeout_ == duration::zero()) calls_.erase(one);
        work();
        admit();
    }

    void end(call& one, outcome result, cause_kind why) {
        one.ended = true;
        one.permit.finish(result, why, now_);
        if (one.again)
            at(now_, [this, route = one.route] { arrive(route, true); });
        else
            admit();
    }

    std::deque<one_route> routes_{};
    std::vector<std::deque<bool>> waiting_;
    std::list<call> calls_;
    std::deque<std::list<call>::iterator> backlog_;
    std::priority_queue<entry> agenda_;
    std::mt19937 random_;
    time_point now_{1h};
    duration timeout_{};
    duration pause_every_{1};
    duration pause_{};
    std::map<std::uint32_t, double> at_limit_;
    double worked_ = 0;
    double exposed_ = 0;
    double watched_ = 0;
    std::size_t workers_;
    std::size_t busy_ = 0;
    std::size_t turn_ = 0;
    std::uint64_t number_ = 0;
};

inline model::service exponential(duration mean) {
    return [mean](std::mt19937& random) {
        const auto drawn = std::exponential_distribution{1.0}(random);
        return std::max(
            duration{1us},
            duration{static_cast<duration::rep>(drawn * static_cast<double>(mean.count()))}
        );
    };
}

inline model::service constant(duration always) {
    return [always](std::mt19937&) { return always; };
}

/// `slow` for one of ten, `fast` for the others.
inline model::service bimodal(duration fast, duration slow) {
    return [=](std::mt19937& random) { return random() % 10 == 0 ? slow : fast; };
}

inline model::service lognormal(duration median, double sigma) {
    return [=](std::mt19937& random) {
        const auto drawn = std::lognormal_distribution{0.0, sigma}(random);
        return std::max(
            duration{1us},
            duration{static_cast<duration::rep>(drawn * static_cast<double>(median.count()))}
        );
    };
}

}  // namespace curfew::limiter_model
