#include "startup_checks.hpp"

#include "ledger_access.hpp"
#include "startup_story.hpp"
#include <curfew/ledger/spool.hpp>
#include <curfew/policy/stretch.hpp>
#include <curfew/process/spawn.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/signals.hpp>
#include <curfew/runtime/task_group.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace curfew::cli {

namespace {

/// A loop that lives as long as an examination.
class examining {
  public:
    examining(
        preflight::examination_terms terms,
        const policy::policy& rules,
        hangup_while_examining hangup,
        std::function<void(const preflight::look&)> settled
    )
        : hangup_{hangup},
          examination_{
              {loop_, outside_, machine_, rules.database}, std::move(terms), std::move(settled)
          } {}

    std::expected<preflight::examined, int> run() {
        listening_.spawn(obey_signals());
        tasks_.spawn(examine());
        loop_.run();
        if (ended_by_) return std::unexpected{*ended_by_};
        return std::move(made_);
    }

  private:
    runtime::task<> examine() {
        auto running = examination_.run(root_);
        made_ = co_await running;
        root_.end({cause_kind::shutdown});
        runtime::scope always{loop_};
        auto joining = listening_.join(always);
        co_await joining;
        loop_.stop();
    }

    runtime::task<> obey_signals() {
        for (;;) {
            auto waiting = signals_.next(root_);
            const auto number = co_await waiting;
            if (!number) co_return;
            if (*number == SIGCHLD) {
                process::reap_children();
                continue;
            }
            if (*number == SIGHUP && hangup_ == hangup_while_examining::is_ignored) continue;
            ended_by_ = number;
            root_.cancel();
        }
    }

    hangup_while_examining hangup_;
    runtime::epoll outside_;
    runtime::loop loop_{outside_};
    runtime::signals signals_{outside_, {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGCHLD}};
    runtime::scope root_{loop_};
    runtime::task_group listening_;
    runtime::task_group tasks_;
    process::system_host machine_;
    preflight::examination examination_;
    preflight::examined made_;
    std::optional<int> ended_by_;
};

}  // namespace

std::expected<bool, usage_problem> told_to_start() {
    const std::string variable{preflight::override_variable};
    const char* said = std::getenv(variable.c_str());
    const auto told = preflight::read_override(said == nullptr ? "" : said);
    if (told) return *told;
    return std::unexpected{usage_problem{
        variable + " is neither true nor false",
        "unset it, or write true: then the service starts whatever fails"
    }};
}

preflight::bypass_rules bypass_rules_of(const policy::policy& of) {
    return {of.startup.bypass, of.startup.passed_over, of.startup.bypass_failures};
}

preflight::report_frame report_frame_of(
    const policy::policy& of, std::span<const told_signal> pressure
) {
    return {of.environment, of.startup.budget, bypass_rules_of(of), signal_values(pressure)};
}

void leave_in_ledger(
    const policy::policy& of, const preflight::report_frame& frame, const preflight::examined& seen
) {
    constexpr auto until = "the service starts, which looks by itself";
    const auto stories =
        stories_of(seen, frame.environment, preflight::to_text(frame.pressure), until);
    if (!of.ledger.enabled || stories.empty()) return;
    const auto place = ledger_place(of);
    if (!place) return;
    const auto at = ledger_clocks().wall();
    result<> written;
    for (const auto& each : stories) {
        with_event(each, time_point{each.took}, [&](const event& told) {
            if (written) written = ledger::append_to_spool(place->path, told, at - each.took);
        });
    }
    if (written) return;
    std::fprintf(
        stderr,
        "curfew: warning: it is not recorded beside %s: %s\n",
        place->path.c_str(),
        ::strerrordesc_np(written.error().detail)
    );
}

std::expected<preflight::examined, int> examine_surroundings(
    const policy::policy& rules,
    std::span<const told_signal> pressure,
    bool told,
    hangup_while_examining hangup,
    std::function<void(const preflight::look&)> settled
) {
    const bool connector_scales = std::ranges::any_of(pressure, [](const told_signal& each) {
        return each.name == connector_signal && each.value > 0;
    });
    const auto shaped = policy::stretched(rules, signal_values(pressure));
    examining all{
        {shaped.checks,
         bypass_rules_of(shaped),
         shaped.environment,
         shaped.startup.budget,
         told,
         connector_scales,
         std::random_device{}()},
        shaped,
        hangup,
        std::move(settled)
    };
    return all.run();
}

}  // namespace curfew::cli
