#pragma once

#include <curfew/core/adaptive_timeout.hpp>

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <utility>

namespace curfew::adaptive_timeout_model {

using namespace std::chrono_literals;

/// What a call would take if nobody ended it.
using service = std::function<duration(std::mt19937_64&)>;

inline constexpr duration never = 1000h;

inline service constant(duration took) {
    return [took](auto&) { return took; };
}

inline service lognormal(duration median, double sigma) {
    return [=](auto& random) {
        std::lognormal_distribution<double> factor{0, sigma};
        return duration{
            static_cast<duration::rep>(static_cast<double>(median.count()) * factor(random))
        };
    };
}

/// One call in so many goes the other way.
inline service mixed(const service& usual, const service& other, double share_of_other) {
    return [=](auto& random) {
        return std::bernoulli_distribution{share_of_other}(random) ? other(random) : usual(random);
    };
}

/// A target with room for everybody, calls that arrive at random, and an adaptive time-out that
/// cuts them, or that only says so. Simulated time, seeded.
class model {
  public:
    explicit model(
        service how,
        double per_second,
        adaptive_timeout_config config = {},
        bool cuts = true,
        std::uint64_t seed = 42
    )
        : limits{config},
          config_{config},
          serve_{std::move(how)},
          per_second_{per_second},
          cuts_{cuts},
          random_{seed} {
        at(now + 1ns, [this] { arrive(); });
    }

    void serve(service how) { serve_ = std::move(how); }

    void run(duration length) {
        const auto until = now + length;
        while (!due_.empty() && due_.begin()->first <= until) {
            const auto next = due_.begin();
            now = next->first;
            const auto act = std::move(next->second);
            due_.erase(next);
            act();
        }
        now = until;
    }

    /// Counts begin again.
    void forget() { calls = completed = cut = in_vain = hung = 0; }

    [[nodiscard]] double false_share() const {
        return static_cast<double>(in_vain) / static_cast<double>(calls);
    }

    adaptive_timeout limits;
    time_point now{1h};
    std::uint64_t calls = 0;
    std::uint64_t completed = 0;
    std::uint64_t cut = 0;
    std::uint64_t in_vain = 0;  ///< cut, and would have completed within the ceiling
    std::uint64_t hung = 0;     ///< waited for the ceiling in vain

  private:
    struct one_call {
        adaptive_timeout::call asked;
        time_point began;
        duration takes;
        bool was_cut = false;
    };

    void at(time_point when, std::function<void()> act) { due_.emplace(when, std::move(act)); }

    void arrive() {
        ++calls;
        const auto one = std::make_shared<one_call>(limits.begin(now), now, serve_(random_));
        if (one->takes < config_.ceiling)
            at(now + one->takes, [this, one] { complete(*one); });
        else
            at(now + config_.ceiling, [this, one] { reach_ceiling(*one); });
        watch(one);
        std::exponential_distribution<double> pause{per_second_};
        at(now + duration{static_cast<duration::rep>(pause(random_) * 1e9) + 1},
           [this] { arrive(); });
    }

    void watch(const std::shared_ptr<one_call>& one) {
        const auto limit = one->asked.limit();
        if (limit < std::min(one->takes, config_.ceiling))
            at(one->began + limit, [this, one] { reach_limit(one); });
    }

    void reach_limit(const std::shared_ptr<one_call>& one) {
        if (!limits.reaches_limit(one->asked, now)) return watch(one);
        one->was_cut = true;
        ++cut;
        in_vain += one->takes < config_.ceiling ? 1U : 0U;
        // Nobody hears how it ends, as of a backend that drops what nobody waits for.
        if (cuts_) limits.end(one->asked, outcome::ignored, cause_kind::cancelled, age(*one), now);
    }

    void complete(one_call& one) {
        completed += one.was_cut && cuts_ ? 0U : 1U;
        limits.end(one.asked, outcome::success, cause_kind::completed, age(one), now);
    }

    void reach_ceiling(one_call& one) {
        hung += one.was_cut && cuts_ ? 0U : 1U;
        limits.end(one.asked, outcome::timeout, cause_kind::own_timeout, age(one), now);
    }

    [[nodiscard]] duration age(const one_call& one) const { return now - one.began; }

    adaptive_timeout_config config_;
    service serve_;
    double per_second_;
    bool cuts_;
    std::mt19937_64 random_;
    std::multimap<time_point, std::function<void()>> due_;
};

}  // namespace curfew::adaptive_timeout_model
