#include <curfew/process/membership.hpp>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace curfew::process {
namespace {

bool bears_the_signs(const process_facts& one, const unit_identity& unit) noexcept {
    if (one.marked || one.id == unit.leader) {
        return true;
    }
    if (unit.leader.pid <= 0) {
        return false;  // nobody knows who it was
    }
    // A younger process may have taken the leader's number; nothing older can be the unit's.
    return one.id.started >= unit.leader.started &&
           (one.group == unit.leader.pid || (unit.own_session && one.session == unit.leader.pid));
}

using children_of = std::unordered_map<pid_t, std::vector<const process_facts*>>;

children_of by_parent(std::span<const process_facts> table) {
    children_of children;
    for (const auto& one : table) {
        children[one.parent].push_back(&one);
    }
    return children;
}

}  // namespace

std::size_t census::uninterruptible() const noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(members, [](const auto& one) {
        return one.state == 'D';
    }));
}

census members_of(std::span<const process_facts> table, const unit_identity& unit, pid_t self) {
    census found;
    found.keeper_alive = std::ranges::any_of(table, [&](const auto& one) {
        return one.id == unit.keeper && one.alive();
    });

    const auto children = by_parent(table);
    std::vector<pid_t> frontier;
    std::unordered_set<pid_t> seen{self, unit.keeper.pid};
    const auto take = [&](const process_facts& one) {
        if (!seen.insert(one.id.pid).second) {
            return;
        }
        frontier.push_back(one.id.pid);
        if (one.alive()) {
            found.leader_alive |= one.id == unit.leader;
            found.members.push_back(one);
        }
    };

    for (const auto& one : table) {
        if (found.keeper_alive ? one.marked : bears_the_signs(one, unit)) {
            take(one);
        }
    }
    if (found.keeper_alive) {
        frontier.push_back(unit.keeper.pid);
    }
    while (!frontier.empty()) {
        const auto parent = frontier.back();
        frontier.pop_back();
        if (const auto below = children.find(parent); below != children.end()) {
            std::ranges::for_each(below->second, [&](const auto* child) { take(*child); });
        }
    }
    return found;
}

}  // namespace curfew::process
