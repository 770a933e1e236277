#include <curfew/core/limiter.hpp>

#include <algorithm>
#include <utility>

namespace curfew {

namespace {

constexpr std::uint32_t batch = 16;
constexpr std::uint32_t batches_remembered = 32;
constexpr std::uint32_t batches_trusted = 8;
constexpr double known_calls = 16;
constexpr double certain_calls = 64;
constexpr duration certain_after = std::chrono::seconds{1};
constexpr std::uint32_t corrected_calls = 256;
constexpr std::uint32_t remembered_calls = 1024;

constexpr double seconds(duration span) noexcept {
    return std::chrono::duration<double>{span}.count();
}

}  // namespace

// By how a call began, not by how it ended: to leave out the long ones would be a bias.
void limiter::time(route& where, duration took, const permit& sample, bool began_idle) noexcept {
    auto& one = where.timed_;
    const bool unknown = where.service_ == duration::zero();
    const bool measured = sample.round_ != 0 && sample.round_ == round_;
    const bool trusted = !overloaded_ || measured || limit_ == config_.floor;
    const bool almost_alone = began_idle && trusted;
    const bool fresh = unknown || almost_alone;
    if (!fresh && !sample.busy_) return;
    auto& sums = fresh ? one.idle : one.busy;
    ++sums.calls;
    sums.took += took;
    sums.squares += seconds(took) * seconds(took);
    if (sums.calls < (fresh ? batch : corrected_calls)) return;
    const auto mean = std::max(duration{1}, sums.took / duration::rep{sums.calls});
    const auto square = sums.squares / sums.calls;
    sums = {};
    if (fresh) {
        if (std::exchange(one.round, round_) != round_)
            one.batches = std::min(one.batches, batches_trusted);
        // The first calls are taken as they come; calls that began almost alone replace them.
        if (almost_alone) one.batches = std::min(one.batches + 1, batches_remembered);
        const auto weight = std::max(1U, one.batches);
        where.service_ += (mean - where.service_) / duration::rep{weight};
        one.square += (square - one.square) / weight;
    } else if (mean < where.service_ / 4 * 3) {
        where.service_ = mean;
        one.square = square;
    }
}

void limiter::weigh(const route& where, duration took, time_point now) noexcept {
    if (measuring_ > 0) return;
    if (load_.calls == remembered_calls) {
        load_.calls /= 2;
        load_.in_flight /= 2;
        load_.took /= 2;
        load_.service /= 2;
        load_.squares /= 2;
        load_.unknown /= 2;
    }
    const auto mean = seconds(where.service_);
    const auto sampled = double{batch} * std::max(1U, where.timed_.batches);
    if (sampled * mean * mean <= known_calls * where.timed_.square) {
        // It matters by how much work it is thought to be.
        const bool never = where.service_ == duration::zero();
        load_.unknown += never ? took : where.service_;
    }
    if (load_.calls++ == 0) load_.began = now;
    load_.in_flight += in_flight_ + 1;  // itself
    load_.took += took;
    load_.squares += seconds(took) * seconds(took);
    load_.service += where.service_;
}

bool limiter::is_crowded() const noexcept {
    const auto tolerable = seconds(load_.service) * (100 + config_.tolerance_percent) / 200;
    return load_.unknown <= load_.service / 4 && seconds(load_.took) > tolerable;
}

bool limiter::is_certain(time_point now) const noexcept {
    const auto took = seconds(load_.took);
    return load_.calls > 0 && now - load_.began >= certain_after &&
           took * took >= certain_calls * load_.squares;
}

std::uint32_t limiter::uncrowded() const noexcept {
    const auto took = seconds(load_.took);
    const auto healthy = seconds(load_.service) / took;
    const auto inside = static_cast<double>(load_.in_flight) / load_.calls;
    // In doubt one fewer: a worker too many is the one that a hang would take.
    const auto workers = static_cast<std::uint32_t>(inside * healthy + 0.25);
    const auto tolerable = limit_ * healthy * (100 + config_.tolerance_percent) / 200;
    const auto spared = workers - workers / 10;
    const auto sparing = (spared * 100 - 1) / config_.route_share_percent;
    auto aim = std::min(static_cast<std::uint32_t>(tolerable), sparing);
    aim = std::max(aim, limit_ / 2);
    const bool noise = load_.took - load_.service <= config_.slack * load_.calls;
    if (noise) aim = std::max(aim, config_.start);
    return std::min(limit_, std::max({aim, workers + 1, config_.floor}));
}

}  // namespace curfew
