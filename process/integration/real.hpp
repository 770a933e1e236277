#pragma once

#include <curfew/core/deadline.hpp>
#include <curfew/process/proc.hpp>
#include <curfew/process/spawn.hpp>
#include <curfew/process/stop.hpp>

#include <gtest/gtest.h>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

/// What tests with real processes share: a shell, its output, and looking for who is left.
namespace curfew::process::real {

inline constexpr auto patience = std::chrono::seconds{20};

inline time_point now() {
    return steady_clock{}.now();
}

inline command shell(std::string script) {
    command what;
    what.arguments = {"/bin/bash", "-c", std::move(script)};
    what.standard_output = output::capture;
    return what;
}

inline command python(std::string program) {
    command what;
    what.arguments = {"/usr/bin/python3", "-c", std::move(program)};
    what.standard_output = output::capture;
    return what;
}

inline std::unique_ptr<unit> start(const command& what) {
    system_host machine;
    auto started = machine.spawn(what);
    EXPECT_TRUE(started) << (started ? "" : describe(started.error().code).title);
    return started ? std::move(*started) : nullptr;
}

/// Reads until `wanted` lines have come, or patience is out.
inline std::vector<std::string> read_lines(int stream, std::size_t wanted) {
    std::vector<std::string> lines(1);
    const auto end = deadline::after(now(), patience);
    while (lines.size() <= wanted && !end.expired(now())) {
        pollfd watched{stream, POLLIN, 0};
        ::poll(&watched, 1, 100);
        std::array<char, 256> buffer{};
        const auto got = ::read(stream, buffer.data(), buffer.size());
        for (ssize_t i = 0; i < got; ++i) {
            if (buffer[static_cast<std::size_t>(i)] == '\n') {
                lines.emplace_back();
            } else {
                lines.back() += buffer[static_cast<std::size_t>(i)];
            }
        }
        if (got == 0) {
            break;
        }
    }
    lines.pop_back();
    return lines;
}

/// Waits on the unit's notices until `holds`, or patience is out.
template <class Condition>
void await(unit& whom, Condition&& holds) {
    const auto end = deadline::after(now(), patience);
    for (whom.collect(); !holds() && !end.expired(now()); whom.collect()) {
        pollfd watched{whom.notices(), POLLIN, 0};
        ::poll(&watched, 1, 100);
    }
}

inline exit_report await_exit(unit& whom) {
    await(whom, [&] { return whom.exited().has_value(); });
    EXPECT_TRUE(whom.exited());
    return whom.exited().value_or(exit_report{});
}

/// Every living process that carries `marker`, by looking at all of /proc.
inline std::vector<process_facts> marked(const std::string& marker) {
    auto table = read_process_table(marker);
    std::erase_if(table, [](const auto& one) { return !one.marked || !one.alive(); });
    return table;
}

/// Polls until `holds` (true), or patience is out.
template <class Condition>
bool eventually(Condition&& holds) {
    const auto end = deadline::after(now(), patience);
    while (!holds()) {
        if (end.expired(now())) {
            return false;
        }
        ::poll(nullptr, 0, 5);
    }
    return true;
}

inline bool gone(const std::string& marker) {
    return eventually([&] { return marked(marker).empty(); });
}

inline bool ended(const std::vector<process_facts>& all) {
    return eventually([&] {
        return std::ranges::none_of(all, [](const auto& one) {
            const auto found = read_stat_numbers(one.id.pid);
            return found && found->id == one.id && found->alive();
        });
    });
}

}  // namespace curfew::process::real
