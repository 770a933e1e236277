#include "address_lookup.hpp"

#include <curfew/clients/pg/ways.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/resolver.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/task_group.hpp>

#include <optional>
#include <utility>

namespace curfew::ledger {
namespace {

using found = std::optional<result<std::vector<runtime::endpoint>>>;

runtime::task<> resolve_into(
    runtime::resolver& with, std::string host, runtime::scope& under, found& into
) {
    auto resolving = with.resolve(std::move(host), 0, under);
    auto told = co_await resolving;
    into = std::move(told);
}

/// Wakes the loop ten times a second, until there is an answer.
runtime::task<> tick(runtime::scope& under, const found& until) {
    bool over = false;
    while (!over && !until) {
        auto resting = runtime::sleep_until{
            under, add_saturated(under.on().now(), std::chrono::milliseconds{100})
        };
        const auto woken = co_await resting;
        over = woken == runtime::wake::ended;
    }
}

pg::answer<std::vector<std::string>> look_up(
    const std::string& host, duration limit, const postgres_waiting& how
) {
    runtime::epoll outside;
    runtime::loop on{outside};
    runtime::scope root{on, bound::after(on.now(), limit, "database.connection")};
    runtime::resolver names{on};
    runtime::task_group tasks;
    found told;
    tasks.spawn(resolve_into(names, host, root, told));
    tasks.spawn(tick(root, told));
    while (tasks.running() > 0) {
        on.turn();
        if (!told && how.meanwhile && !how.meanwhile()) {
            root.cancel();
        }
    }
    if (told && *told) {
        std::vector<std::string> addresses;
        for (const auto& each : **told) {
            addresses.push_back(each.host_text());
        }
        return addresses;
    }
    const failure why = told ? told->error() : failure{errc::cancelled};
    std::string sentence = "the name of its host: ";
    return std::unexpected{pg::trouble{why.code, {}, 0, sentence.append(describe(why.code).title)}};
}

}  // namespace

pg::answer<std::vector<std::vector<std::string>>> look_up(
    const pg::target& where, duration limit, const postgres_waiting& how
) {
    const deadline until = deadline::after(how.time.now(), limit);
    std::vector<std::vector<std::string>> all;
    pg::trouble last;
    for (const auto& each : where.places()) {
        if (!each.is_named()) {
            continue;
        }
        auto addresses = look_up(each.host, until.left(how.time.now()), how);
        if (!addresses && addresses.error().code == errc::cancelled) {
            return std::unexpected{std::move(addresses.error())};
        }
        if (!addresses) {
            last = addresses.error();
        }
        all.push_back(addresses ? *std::move(addresses) : std::vector<std::string>{});
    }
    if (pg::ways(where, all) == 0) {
        return std::unexpected{std::move(last)};
    }
    return all;
}

}  // namespace curfew::ledger
