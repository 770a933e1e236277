#include "system_unit.hpp"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace curfew::process {
namespace {

exit_report to_report(const keeper::message& news) {
    exit_report report;
    if (WIFSIGNALED(news.value)) {
        report.signal = WTERMSIG(news.value);
        report.dumped_core = WCOREDUMP(news.value);
    } else {
        report.code = WEXITSTATUS(news.value);
    }
    report.cpu = duration{news.cpu_ns};
    report.peak_memory = static_cast<std::size_t>(std::max<std::int64_t>(news.peak_kib, 0)) * 1024;
    return report;
}

}  // namespace

std::string describe(const exit_report& report) {
    if (report.unknown) {
        return "lost with its keeper";
    }
    if (report.signal == 0) {
        return "exit status " + std::to_string(report.code);
    }
    const char* name = ::sigabbrev_np(report.signal);
    return "signal " + std::to_string(report.signal) +
           (name != nullptr ? " (SIG" + std::string{name} + ")" : std::string{}) +
           (report.dumped_core ? ", core dumped" : "");
}

bool exit_report::by_others() const noexcept {
    constexpr std::array signals{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGKILL};
    const int sent = shell_code() - 128;
    const bool told = std::ranges::find(signals, sent) != signals.end();
    return unknown || (told && !(sent == SIGKILL && out_of_memory));
}

system_unit::system_unit(
    unit_identity identity,
    runtime::descriptor channel,
    runtime::descriptor keeper,
    runtime::descriptor standard_output,
    runtime::descriptor standard_error,
    std::vector<listening_socket> listened_before
)
    : identity_{std::move(identity)},
      channel_{std::move(channel)},
      keeper_{std::move(keeper)},
      output_{std::move(standard_output)},
      error_{std::move(standard_error)},
      listened_before_{std::move(listened_before)},
      oom_kills_before_{count_oom_kills()} {}

system_unit::~system_unit() {
    collect();
    if (keeper_lost_) {
        kill_remains();
    }
    channel_ = runtime::descriptor{};
    bury(identity_.keeper.pid, keeper_.number());
}

void system_unit::collect() {
    keeper::message news;
    while (channel_ && !empty_ && !keeper_lost_) {
        const auto got = ::recv(channel_.number(), &news, sizeof news, MSG_DONTWAIT);
        if (got == static_cast<ssize_t>(sizeof news)) {
            take(news);
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            lose_keeper();
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

void system_unit::take(const keeper::message& news) {
    if (news.what == keeper::news::leader_ended) {
        exited_ = to_report(news);
        exited_->out_of_memory = count_oom_kills() > oom_kills_before_;
    } else if (news.what == keeper::news::everyone_ended) {
        empty_ = true;
    }
}

void system_unit::lose_keeper() {
    keeper_lost_ = true;
    if (!exited_) {
        exited_.emplace();
        exited_->unknown = true;
    }
}

census system_unit::scan() {
    collect();
    if (empty_) {
        return {};
    }
    if (!keeper_lost_) {
        auto found = members_of(read_process_table(), identity_, ::getpid());
        if (found.keeper_alive) {
            return found;
        }
        lose_keeper();
    }
    return members_of(read_process_table(identity_.marker), identity_, ::getpid());
}

std::size_t system_unit::signal(target whom, int number) {
    if (whom == target::leader) {
        return signal_exactly(identity_.leader, number) ? 1 : 0;
    }
    const auto found = scan();
    return static_cast<std::size_t>(std::ranges::count_if(found.members, [&](const auto& one) {
        const bool meant = whom == target::everyone || one.id != identity_.leader;
        return meant && signal_exactly(one.id, number);
    }));
}

// Without a keeper there is nobody else to do it; bounded, and each round is a pass over /proc.
void system_unit::kill_remains() noexcept {
    for (int round = 0; round < 100 && signal(target::everyone, SIGKILL) != 0; ++round) {
    }
}

}  // namespace curfew::process
