#include "backend_steps.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

namespace curfew::report {
namespace {

using ledger::kept_operation;
using namespace std::chrono_literals;

constexpr std::size_t rows_most = 10'000;
constexpr std::size_t kept_most = 30;

}  // namespace

bool is_incident(const kept_operation& step) noexcept {
    return step.what.ended != outcome::ignored || step.what.name == "stacks";
}

duration distance(const kept_operation& step, const kept_operation& what) noexcept {
    const auto end = what.started + what.took;
    if (step.started < what.started) {
        return what.started - step.started;
    }
    return step.started > end ? step.started - end : duration::zero();
}

backend_steps nearest_steps(
    std::vector<kept_operation> steps, const kept_operation& what, std::size_t most
) {
    backend_steps made;
    made.left_out = steps.size() - std::min(steps.size(), most);
    std::ranges::sort(steps, {}, [&](const kept_operation& step) {
        const auto to_end = what.started + what.took - step.started;
        return std::tuple{
            !is_incident(step), distance(step, what), to_end < 0ns ? -to_end : to_end
        };
    });
    steps.resize(steps.size() - made.left_out);
    std::ranges::sort(steps, {}, &kept_operation::started);
    made.all = std::move(steps);
    return made;
}

result<backend_steps> steps_of_backend(ledger::reader& from, const kept_operation& what) {
    const ledger::wall_time first = what.started - 2min;
    const ledger::wall_time last = what.started + what.took + 1min;
    ledger::filter near;
    near.where = surface::supervisor;
    near.when = {first, last + 1min};
    auto rows = from.operations(near, false, rows_most);
    if (!rows) {
        return std::unexpected{rows.error()};
    }
    std::erase_if(*rows, [&](const kept_operation& each) {
        return each.instance != what.instance || each.started < first || each.started > last;
    });
    return nearest_steps(*std::move(rows), what, kept_most);
}

std::string_view said_of(const kept_operation& step) noexcept {
    for (const auto& [key, value] : step.attributes) {
        if (key == "said") {
            return value;
        }
    }
    return {};
}

}  // namespace curfew::report
