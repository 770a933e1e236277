#include "descriptor_plan.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace curfew::cli {

namespace {

constexpr std::size_t unlimited = 1'000'000'000;

// Standard streams, the control loop, signals, the log, a look into /proc, and a backend's start or
// dump: some 20. A worker has a loop of two, a listener, and a socket or two for names.
constexpr std::size_t for_the_house = 24;
constexpr std::size_t for_a_worker = 5;

constexpr std::size_t admin_min = 4;
constexpr std::size_t admin_max = 256;
constexpr std::size_t admin_share = 16;

}  // namespace

descriptor_plan plan_descriptors(
    std::size_t limit, std::size_t workers, std::size_t wanted
) noexcept {
    descriptor_plan plan;
    plan.limit = limit;
    plan.admin = std::clamp(limit / admin_share, admin_min, admin_max);
    plan.reserved = for_the_house + workers * for_a_worker + plan.admin;
    const std::size_t left = limit > plan.reserved ? limit - plan.reserved : 0;
    plan.connections = std::clamp<std::size_t>(left / 2, 1, std::max<std::size_t>(wanted, 1));
    return plan;
}

std::size_t descriptor_limit() noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return unlimited;
    }
    return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, unlimited));
}

std::string sentence_of(const descriptor_plan& plan, std::size_t wanted) {
    return "RLIMIT_NOFILE is " + std::to_string(plan.limit) + ": at most " +
           std::to_string(plan.connections) +
           " client connections at a time (server.connections_max is " + std::to_string(wanted) +
           "); each may need two descriptors, and " + std::to_string(plan.reserved) +
           " are kept for Curfew's own work";
}

}  // namespace curfew::cli
