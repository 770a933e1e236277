#include "../serve/descriptor_plan.hpp"
#include "../serve/serving.hpp"
#include "../serve/start_complaint.hpp"
#include "output.hpp"
#include "policy_sources.hpp"
#include "pressure_flag.hpp"
#include "startup_checks.hpp"
#include "verbs.hpp"
#include <curfew/core/failure.hpp>
#include <curfew/policy/load.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <expected>
#include <new>
#include <optional>
#include <span>

namespace curfew::cli {

namespace {

/// A gateway needs descriptors: takes as many as the hard limit gives.
void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/// Too little memory to start: a half-made server has tasks that cannot be left, so nothing is
/// unwound. Once it serves, want of memory is an exception again.
void give_up_for_want_of_memory() noexcept {
    constexpr std::string_view said =
        "curfew: cannot start: Cannot allocate memory\n"
        "  hint: Ask for fewer workers, or raise the limit on memory (ulimit -v).\n";
    static_cast<void>(::write(STDERR_FILENO, said.data(), said.size()));
    std::_Exit(describe(errc::internal).exit_code);
}

/// What the start needs is looked at first. An exit code where it must not go on.
std::expected<std::optional<preflight::examined>, int> look_around(
    const policy::policy& of, std::span<const told_signal> pressure
) {
    const auto told = told_to_start();
    if (!told) {
        return std::unexpected{complain(told.error())};
    }
    if (of.checks.empty()) {
        return std::nullopt;
    }
    const auto width = preflight::name_width(of.checks);
    const auto frame = report_frame_of(of, pressure);
    std::string failures;
    // Whoever asks for a reload before there is anything to reload gets what is read now.
    constexpr auto deaf = hangup_while_examining::is_ignored;
    auto done = examine_surroundings(of, pressure, *told, deaf, [&](const preflight::look& each) {
        if (each.wrong) failures += to_text(each, width, frame);
    });
    if (!done) {
        std::fprintf(stderr, "curfew: SIG%s before it served\n", ::sigabbrev_np(done.error()));
        return std::unexpected{128 + done.error()};
    }
    if (done->made.made != preflight::decision::block) {
        return *std::move(done);
    }
    leave_in_ledger(of, frame, *done);
    std::fputs(failures.c_str(), stderr);
    complain(usage_problem{
        "the service does not start: " + done->made.why,
        "mend it; what it means: docs/startup-bypass.md"
    });
    return std::unexpected{exit_code_of(done->made.made)};
}

/// Signals that are told, and can be.
std::expected<std::vector<told_signal>, usage_problem> signals_of(
    const invocation& line, const policy::policy& of
) {
    auto all = read_pressure(line.values("--pressure"), of);
    if (!all) return all;
    for (const auto& each : *all) {
        const auto rule = std::ranges::find(of.signals, each.name, &policy::signal_policy::name);
        if (rule->source == policy::sensor::none) continue;
        return std::unexpected{usage_problem{
            "--pressure tells the signal `" + each.name + "`, which is read from a sensor",
            "tell one that has none"
        }};
    }
    return all;
}

}  // namespace

int serve(const invocation& line) {
    const auto from = policy_sources(line);
    if (!from) {
        return complain(line, from.error());
    }
    const auto loaded = policy::load(*from);
    if (!loaded.snapshot) {
        return complain(line, loaded);
    }
    if (loaded.snapshot->upstreams.empty()) {
        return complain(usage_problem{
            "there is no backend to stand in front of",
            "say where it answers: curfew serve --upstream http://127.0.0.1:8000"
        });
    }
    const auto& command = loaded.snapshot->backend.command;
    if (!command.empty() && command.front().empty()) {
        return complain(usage_problem{
            "the command of the backend has an empty name",
            "give a program and its arguments: curfew serve ... -- python3 -m uvicorn main:app"
        });
    }
    raise_descriptor_limit();
    const auto& server = loaded.snapshot->server;
    const auto plan = plan_descriptors(descriptor_limit(), server.workers, server.connections_max);
    if (!plan.serves()) {
        return complain_about_descriptors(plan);
    }
    std::signal(SIGPIPE, SIG_IGN);
    auto pressure = signals_of(line, *loaded.snapshot);
    if (!pressure) {
        return complain(pressure.error());
    }
    std::set_new_handler(give_up_for_want_of_memory);
    try {
        auto examined = look_around(*loaded.snapshot, *pressure);
        if (!examined) {
            return examined.error();
        }
        serving one{
            loaded,
            {from->file_name,
             [&line](const std::string& file) { return policy_sources(line, file); }},
            {*std::move(examined), *std::move(pressure)}
        };
        return one.run();
    } catch (const std::exception& cannot_start) {
        complain(usage_problem{
            "cannot start: " + std::string{cannot_start.what()},
            "see the limits on threads, memory and descriptors (`ulimit -a`)"
        });
        return describe(errc::local_resource).exit_code;
    }
}

}  // namespace curfew::cli
