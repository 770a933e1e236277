#include "sink_trial.hpp"

#include "serve/alerting.hpp"
#include <curfew/policy/json_text.hpp>
#include <curfew/process/spawn.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/task_group.hpp>

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>

namespace curfew::cli {

namespace {

runtime::task<> try_one(
    alerts::sink& to, const alerts::notice& what, runtime::scope& under, alerts::delivery& told
) {
    auto sending = to.deliver(what, under);
    told = co_await sending;
}

runtime::task<> stop_after(runtime::task_group& all, runtime::scope& under) {
    auto joining = all.join(under);
    co_await joining;
    under.on().stop();
}

std::string seconds(duration time) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2f s", std::chrono::duration<double>{time}.count());
    return text.data();
}

}  // namespace

std::vector<sink_trial> try_sinks(
    const policy::policy& rules,
    const std::vector<policy::sink_policy>& sinks,
    const policy::alert_policy& alert
) {
    runtime::epoll outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    process::system_host machine;
    alerts::notice what;
    what.id = process::make_marker();
    what.at = std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
    what.test = true;
    what.changes.push_back(alerts::test_change(alert));
    std::vector<std::unique_ptr<alerts::sink>> all;
    std::vector<sink_trial> trials;
    for (const policy::sink_policy& each : sinks) {
        const auto seed = static_cast<std::uint64_t>(::getpid()) + all.size();
        all.push_back(alerts::make_sink(on, outside, machine, each, alert_source(rules), seed));
        trials.push_back({each.name, {}});
    }
    runtime::task_group tasks;
    for (std::size_t i = 0; i < all.size(); ++i) {
        tasks.spawn(try_one(*all[i], what, root, trials[i].how));
    }
    runtime::task_group last;
    last.spawn(stop_after(tasks, root));
    on.run();
    return trials;
}

std::string to_text(const std::vector<sink_trial>& trials) {
    std::string text;
    for (const sink_trial& each : trials) {
        text += each.sink + (each.how.good() ? ": ok, " : ": FAILED, ") + each.how.said + " in " +
                seconds(each.how.took) + '\n';
    }
    return text;
}

std::string to_json(const std::vector<sink_trial>& trials) {
    policy::json_text to;
    to.object().key("sinks").array();
    for (const sink_trial& each : trials) {
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(each.how.took).count();
        to.object().member("sink", each.sink).member("ok", each.how.good()).key("error");
        each.how.wrong ? to.value(describe(*each.how.wrong).id) : to.null();
        to.member("said", each.how.said).member("took_ms", static_cast<std::uint64_t>(ms)).end();
    }
    return to.end().end().take();
}

}  // namespace curfew::cli
