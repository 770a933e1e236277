// Bytes are events; whatever their order, the breaker keeps its promises.
#include <curfew/core/breaker.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

namespace {

using namespace curfew;
using namespace std::chrono_literals;

void holds(bool promise) {
    if (!promise) std::abort();
}

class bytes {
  public:
    bytes(const std::uint8_t* data, std::size_t size) noexcept : data_{data}, left_{size} {}

    [[nodiscard]] bool empty() const noexcept { return left_ == 0; }

    std::uint8_t next() noexcept {
        if (left_ == 0) return 0;
        --left_;
        return *data_++;
    }

    std::uint32_t below(std::uint32_t bound) noexcept { return next() % bound; }

  private:
    const std::uint8_t* data_;
    std::size_t left_;
};

breaker_config configure(bytes& in) {
    breaker_config config;
    config.consecutive_failures = in.below(6);
    config.reset = 1ms * (1 + in.next());
    config.growth_percent = 100 + in.next();
    config.reset_max = 1ms * (1 + in.next() * 4);
    config.reset_min = 1ms * in.next();
    config.window.over = in.below(2) == 0 ? window_shape::kind::calls : window_shape::kind::time;
    config.window.calls = 1 + in.next();
    config.window.buckets = 1 + in.below(60);
    config.window.span = duration{config.window.buckets} + 1ms * in.next();
    config.failure_rate = {in.below(101), 1 + in.below(30)};
    config.slow_after = 1ms * in.below(20);
    config.slow_rate = {in.below(101), 1 + in.below(30)};
    config.probes = 1 + in.below(16);
    config.probe_results = 1 + in.below(20);
    config.probe_failures = 1 + in.below(config.probe_results);
    config.probe_lease = 1ms * (1 + in.next());
    return config;
}

/// Changes follow one another: each begins where the last one ended, one generation later.
struct chain final : breaker_listener {
    void on_transition(const breaker_transition& change) noexcept override {
        holds(change.from == state && change.from != change.to);
        holds(change.generation == generation + 1);
        holds(change.at >= at);
        holds(change.from != breaker_state::closed || change.to == breaker_state::open);
        holds(change.from != breaker_state::open || change.to == breaker_state::half_open);
        state = change.to;
        generation = change.generation;
        at = change.at;
        opened += change.to == breaker_state::open ? 1 : 0;
    }

    breaker_state state = breaker_state::closed;
    std::uint64_t generation = 0;
    time_point at{};
    std::uint64_t opened = 0;
};

class history {
  public:
    explicit history(bytes& in) : in_{in}, config_{configure(in)}, machine_{config_, &heard_} {}

    void step() {
        now_ += 100us * in_.next();
        const auto before = machine_.status(now_);
        switch (in_.below(8)) {
            case 0:
            case 1:
                acquire(before);
                break;
            case 2:
            case 3:
                finish(before);
                break;
            case 4:
                mark(before);
                break;
            case 5:
                drop(before);
                break;
            case 6:
                hint(before);
                break;
            default:
                reconfigure(before);
        }
        check();
    }

    void end() {
        held_.clear();
        holds(machine_.status(now_).probes_running == 0);
    }

  private:
    void acquire(const breaker_status& before) {
        auto got = machine_.try_acquire(now_);
        if (got) {
            holds(before.state != breaker_state::open);
            holds(got->probe() == (before.state == breaker_state::half_open));
            holds(got->generation() == before.generation);
            if (held_.size() < 64) held_.push_back(*std::move(got));
            return;
        }
        holds(got.error().state == before.state && before.state != breaker_state::closed);
        holds(got.error().retry_after >= duration::zero());
        holds(got.error().retry_after == before.retry_after);
    }

    std::size_t pick() { return in_.below(static_cast<std::uint32_t>(held_.size())); }

    breaker::permit take() {
        const auto at = pick();
        auto taken = std::move(held_[at]);
        held_[at] = std::move(held_.back());
        held_.pop_back();
        return taken;
    }

    void finish(const breaker_status& before) {
        if (held_.empty()) return;
        auto permit = take();
        const bool late = permit.generation() != before.generation;
        const auto result = static_cast<outcome>(in_.below(5));
        const auto why = static_cast<cause_kind>(in_.below(7));
        permit.finish(result, why, now_);
        const bool counts = result == outcome::success || counts_against_target(result, why);
        if (late || !counts) unchanged(before);
    }

    void mark(const breaker_status& before) {
        if (held_.empty()) return;
        auto& permit = held_[pick()];
        const bool nothing_new = permit.hanging() || permit.generation() != before.generation;
        if (in_.below(2) == 0)
            permit.mark_slow(now_);
        else
            permit.mark_hanging(now_);
        if (nothing_new) unchanged(before);
    }

    void drop(const breaker_status& before) {
        if (held_.empty()) return;
        {
            const auto dropped = take();
        }
        unchanged(before);
    }

    void hint(const breaker_status& before) {
        machine_.hint_recovered(now_);
        const auto after = machine_.status(now_);
        if (before.state != breaker_state::open)
            unchanged(before);
        else
            holds(after.state != breaker_state::closed && after.retry_after <= before.retry_after);
    }

    void reconfigure(const breaker_status& before) {
        config_ = configure(in_);
        machine_.reconfigure(config_, now_);
        const auto after = machine_.status(now_);
        holds(after.consecutive == before.consecutive);
        holds(after.probes_running == before.probes_running);
    }

    void unchanged(const breaker_status& before) {
        const auto after = machine_.status(now_);
        holds(after.state == before.state && after.generation == before.generation);
        holds(after.consecutive == before.consecutive && after.probes_done == before.probes_done);
        holds(after.failures == before.failures && after.slow == before.slow);
    }

    void check() {
        const auto seen = machine_.status(now_);
        holds(seen.probes_running <= 16);
        holds(seen.failures.hits <= seen.failures.total && seen.slow.hits <= seen.slow.total);
        holds(seen.retry_after >= duration::zero());
        holds((seen.state == breaker_state::open) <= (seen.retry_after > duration::zero()));
        holds(seen.since <= now_);
        holds(seen.generation >= heard_.generation && seen.totals.opened >= heard_.opened);
        std::uint32_t probes = 0;
        for (const auto& permit : held_)
            if (permit.probe() && permit.generation() == seen.generation) ++probes;
        holds(seen.probes_running <= probes);
    }

    bytes& in_;
    breaker_config config_;
    chain heard_;
    breaker machine_;
    time_point now_{1h};
    std::vector<breaker::permit> held_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    bytes in{data, size};
    history one{in};
    while (!in.empty())
        one.step();
    one.end();
    return 0;
}
