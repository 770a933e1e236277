#include <curfew/process/membership.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace curfew::process {
namespace {

constexpr pid_t self = 100;

process_facts make(pid_t pid, pid_t parent, pid_t group, pid_t session, char state = 'S') {
    process_facts facts;
    facts.id = {pid, static_cast<std::uint64_t>(pid) * 10};
    facts.parent = parent;
    facts.group = group;
    facts.session = session;
    facts.state = state;
    facts.threads = 1;
    return facts;
}

unit_identity make_unit() {
    unit_identity unit;
    unit.keeper = {200, 2000};
    unit.leader = {201, 2010};
    unit.marker = "m";
    return unit;
}

std::vector<pid_t> pids(const census& found) {
    std::vector<pid_t> all;
    std::ranges::transform(found.members, std::back_inserter(all), [](const auto& one) {
        return one.id.pid;
    });
    std::ranges::sort(all);
    return all;
}

TEST(members_of, under_a_living_keeper_every_descendant_whatever_it_calls_itself) {
    const std::vector table{
        make(1, 0, 1, 1),
        make(self, 1, 100, 100),
        make(200, self, 200, 200),
        make(201, 200, 201, 201),
        make(300, 201, 300, 300),  // setsid
        make(301, 200, 301, 301),  // double fork: fell to the keeper
        make(302, 301, 999, 999),
        make(400, self, 400, 400),  // another unit's keeper
        make(401, 400, 401, 401),
    };
    const auto found = members_of(table, make_unit(), self);
    EXPECT_THAT(pids(found), testing::ElementsAre(201, 300, 301, 302));
    EXPECT_TRUE(found.leader_alive);
    EXPECT_TRUE(found.keeper_alive);
}

TEST(members_of, zombies_are_no_members_but_their_children_are) {
    const std::vector table{
        make(200, self, 200, 200),
        make(201, 200, 201, 201, 'Z'),
        make(202, 201, 201, 201),
    };
    const auto found = members_of(table, make_unit(), self);
    EXPECT_THAT(pids(found), testing::ElementsAre(202));
    EXPECT_FALSE(found.leader_alive);
}

TEST(members_of, without_a_keeper_group_session_and_marker_and_what_is_below_them) {
    std::vector table{
        make(self, 1, 100, 100),
        make(202, 1, 201, 900),  // group
        make(203, 1, 903, 201),  // session
        make(204, 1, 904, 904),  // marker
        make(205, 204, 905, 905),
        make(206, 1, 906, 906),  // a stranger
    };
    table[3].marked = true;
    const auto found = members_of(table, make_unit(), self);
    EXPECT_THAT(pids(found), testing::ElementsAre(202, 203, 204, 205));
    EXPECT_FALSE(found.keeper_alive);
}

TEST(members_of, a_recycled_keeper_pid_is_not_the_keeper) {
    auto impostor = make(200, 1, 200, 200);
    impostor.id.started += 5;
    const std::vector table{impostor, make(500, 200, 500, 500)};
    EXPECT_THAT(pids(members_of(table, make_unit(), self)), testing::IsEmpty());
}

TEST(members_of, what_is_older_than_the_leader_is_not_its_group) {
    auto older = make(202, 1, 201, 201);
    older.id.started = 2009;
    EXPECT_THAT(pids(members_of(std::vector{older}, make_unit(), self)), testing::IsEmpty());
}

TEST(members_of, a_shared_session_counts_only_if_it_is_the_units_own) {
    auto unit = make_unit();
    unit.own_session = false;
    const std::vector table{make(203, 1, 903, 201)};
    EXPECT_THAT(pids(members_of(table, unit, self)), testing::IsEmpty());
}

TEST(members_of, survives_a_snapshot_with_a_circle_of_parents) {
    const std::vector table{
        make(200, self, 200, 200),
        make(201, 200, 201, 201),
        make(301, 302, 1, 1),
        make(302, 301, 1, 1),
    };
    EXPECT_THAT(pids(members_of(table, make_unit(), self)), testing::ElementsAre(201));
}

bool descends(const std::vector<process_facts>& table, pid_t pid, pid_t from) {
    for (std::size_t steps = 0; steps <= table.size(); ++steps) {
        const auto found =
            std::ranges::find(table, pid, [](const auto& one) { return one.id.pid; });
        if (found == table.end()) {
            return false;
        }
        if (found->parent == from) {
            return true;
        }
        pid = found->parent;
    }
    return false;
}

TEST(members_of, agrees_with_walking_up_from_each_process) {
    std::mt19937 random{20};
    for (int round = 0; round < 200; ++round) {
        std::vector table{make(self, 1, 100, 100), make(200, self, 200, 200)};
        for (pid_t pid = 201; pid < 240; ++pid) {
            const auto parent = table[random() % table.size()].id.pid;
            table.push_back(make(pid, parent, pid, pid, random() % 4 == 0 ? 'Z' : 'S'));
        }
        std::ranges::shuffle(table, random);
        std::vector<pid_t> expected;
        for (const auto& one : table) {
            if (one.alive() && descends(table, one.id.pid, 200)) {
                expected.push_back(one.id.pid);
            }
        }
        std::ranges::sort(expected);
        EXPECT_EQ(pids(members_of(table, make_unit(), self)), expected) << "round " << round;
    }
}

}  // namespace
}  // namespace curfew::process
