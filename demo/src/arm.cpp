#include "arm.hpp"

#include <curfew/runtime/sleep.hpp>

#include <algorithm>

namespace curfew::demo {
namespace {

using namespace std::chrono_literals;

constexpr duration serving_limit = 10s;
constexpr duration say_every = 2s;

int seconds_of(duration value) {
    return static_cast<int>(std::chrono::round<std::chrono::seconds>(value).count());
}

}  // namespace

arm::arm(const scenario& plan, arm_setup setup)
    : plan_{plan}, setup_{std::move(setup)}, switches_{outside_, setup_.control} {
    result_.name = setup_.name;
}

result<arm_result> arm::run() {
    tasks_.spawn(conduct());
    loop_.run();
    if (interrupted_ != 0) {
        return fail(errc::cancelled, interrupted_);
    }
    if (!served_) {
        return fail(errc::upstream_down);
    }
    return std::move(result_);
}

runtime::task<> arm::conduct() {
    auto waiting = until_serving();
    served_ = co_await waiting;
    if (served_) {
        result_.start = loop_.now() + 100ms;
        result_.recorder = std::make_unique<load::recorder>(
            plan_.plan, plan_.phases, result_.start, scenario::objective
        );
        log_.emplace(*result_.recorder);
        load::http_driver_options options;
        options.target = setup_.target;
        options.operations = plan_.operations;
        options.patience = plan_.times.patience;
        driver_.emplace(outside_, plan_.plan, options, *log_);

        runtime::task_group beside;
        beside.spawn(inject());
        beside.spawn(watch());
        beside.spawn(heed_signals());
        auto loading = driver_->run(root_, result_.start);
        co_await loading;
        watching_.cancel();
        runtime::scope unhurried{loop_};
        auto joining = beside.join(unhurried);
        co_await joining;
        conclude();
    }
    loop_.stop();
}

runtime::task<bool> arm::until_serving() {
    runtime::scope limited{root_, bound::after(loop_.now(), serving_limit, "demo.ready")};
    http::client client{outside_, setup_.target};
    const auto request = http::get_request("shop", "/health");
    while (!limited.ended()) {
        auto asking = client.exchange(http1::method_id::get, request, limited);
        const auto told = co_await asking;
        if (told && told->status == 200) {
            co_return true;
        }
        auto pausing = runtime::sleep_until{limited, loop_.now() + 50ms};
        co_await pausing;
    }
    co_return false;
}

runtime::task<> arm::until(duration since_start) {
    auto sleeping = runtime::sleep_until{root_, result_.start + since_start};
    co_await sleeping;
}

runtime::task<> arm::inject() {
    auto hanging = inject_hang();
    co_await hanging;
    auto crashing = inject_crash();
    co_await crashing;
    auto ending = until(plan_.times.end);
    co_await ending;
    auto looking = switches_.look(root_);
    const auto last = co_await looking;
    result_.faults.pid_after = last ? last->pid : 0;
}

runtime::task<> arm::inject_hang() {
    auto before = until(plan_.times.hang_on);
    co_await before;
    auto turning_on = switches_.turn("/hang/on", root_);
    co_await turning_on;
    result_.at.hang_on = elapsed();
    auto during = until(plan_.times.hang_off);
    co_await during;
    auto looking = switches_.look(root_);
    const auto seen = co_await looking;
    result_.faults.trapped = seen ? seen->trapped : 0;
    auto turning_off = switches_.turn("/hang/off", root_);
    co_await turning_off;
    result_.at.hang_off = elapsed();
}

runtime::task<> arm::inject_crash() {
    auto before = until(plan_.times.crash);
    co_await before;
    auto looking = switches_.look(root_);
    const auto alive = co_await looking;
    result_.faults.pid_before = alive ? alive->pid : 0;
    result_.at.crash = elapsed();
    auto crashing = switches_.turn("/crash", root_);
    co_await crashing;
    auto later = until(plan_.times.crash + 500ms);
    co_await later;
    auto looking_again = switches_.look(root_);
    const auto now = co_await looking_again;
    result_.faults.crashed = alive && (!now || now->pid != alive->pid);
    auto person = until(plan_.times.restart);
    co_await person;
    if (setup_.restart && !root_.ended()) {
        setup_.restart();
    }
}

runtime::task<> arm::heed_signals() {
    auto waiting = signals_.next(watching_);
    const auto number = co_await waiting;
    if (number) {
        interrupted_ = *number;
        root_.cancel();
    }
}

runtime::task<> arm::watch() {
    for (duration at{}; !watching_.ended(); at += 1s) {
        auto sleeping = runtime::sleep_until{watching_, result_.start + at};
        co_await sleeping;
        meter_.step(load::read_cpu(), outside_.now());
        if (at % say_every == duration::zero() && at > duration::zero() && at <= plan_.times.end) {
            say(at);
        }
    }
}

void arm::say(duration at) {
    const auto& now = driver_->numbers();
    if (setup_.progress != nullptr) {
        const auto after =
            std::ranges::upper_bound(plan_.phases, at - 1ns, {}, &load::phase::begins);
        std::fprintf(
            setup_.progress,
            "%-6s %2d s  %-8s  %3llu sent, %3llu succeeded, %4zu waiting\n",
            setup_.name.c_str(),
            seconds_of(at),
            std::prev(after)->name.c_str(),
            static_cast<unsigned long long>(now.tried - told_.tried),
            static_cast<unsigned long long>(log_->succeeded() - told_successes_),
            now.in_flight
        );
    }
    told_ = now;
    told_successes_ = log_->succeeded();
}

void arm::conclude() {
    result_.recorder->finish(outside_.now());
    result_.samples = log_->samples();
    const auto total = result_.recorder->total();
    const auto& numbers = driver_->numbers();
    result_.priority_raised = priority_.raised();
    result_.in_flight_peak = numbers.in_flight_peak;
    result_.generator = {
        .due = plan_.plan.size(),
        .tried = numbers.tried,
        .lag_p99 = total.lag().quantile(0.99),
        .response_p99 = total.response_quantile(0.99).value,
        .busiest_5s = meter_.busiest_5s(),
        .steal_share = meter_.steal_share(),
        .cap_reached = numbers.cap_reached,
        .local_errors = numbers.local_errors,
    };
    result_.validity = load::judge(result_.generator);
}

}  // namespace curfew::demo
