#include <curfew/gateway/numbers.hpp>

#include <algorithm>
#include <numeric>

namespace curfew::gateway {

namespace {

template <std::size_t N>
void add_each(std::array<std::uint64_t, N>& to, const std::array<std::uint64_t, N>& from) noexcept {
    for (std::size_t i = 0; i < N; ++i)
        to[i] += from[i];
}

}  // namespace

void route_numbers::record(const request_end& end) noexcept {
    ++by_outcome[static_cast<std::size_t>(end.ended)];
    ++by_cause[static_cast<std::size_t>(end.why.kind)];
    if (end.why.reason != shed_reason::none) {
        ++by_refusal[static_cast<std::size_t>(end.why.reason)];
    }
    const bool known = end.status >= 100 && end.status < 600;
    ++by_status[known ? static_cast<std::size_t>(end.status / 100) : 0];
    slow += end.slow ? 1 : 0;
    retried += end.retried ? 1 : 0;
    whole.record(end.whole);
    if (end.reached) upstream.record(end.upstream);
}

void route_numbers::add(const route_numbers& other) noexcept {
    add_counts(other);
    add_times(other);
}

void route_numbers::add_counts(const route_numbers& other) noexcept {
    add_each(by_outcome, other.by_outcome);
    add_each(by_cause, other.by_cause);
    add_each(by_refusal, other.by_refusal);
    add_each(by_status, other.by_status);
    slow += other.slow;
    retried += other.retried;
}

void route_numbers::add_times(const route_numbers& other) noexcept {
    whole.merge(other.whole);
    upstream.merge(other.upstream);
}

std::uint64_t route_numbers::requests() const noexcept {
    return std::accumulate(by_outcome.begin(), by_outcome.end(), std::uint64_t{0});
}

}  // namespace curfew::gateway
