#include <curfew/process/errand.hpp>
#include <curfew/process/stop.hpp>
#include <curfew/runtime/descriptor.hpp>
#include <curfew/runtime/loop_clock.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/task_group.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

namespace curfew::process {

namespace {

constexpr duration kill_most = std::chrono::seconds{2};
// A unit without notices (its keeper was killed, or it is simulated) is looked at this often.
constexpr duration blind_pause = std::chrono::milliseconds{20};

/// The end of what was written to a pipe.
class tail_of_pipe {
  public:
    /// `pipe` is a descriptor of the unit, or -1.
    explicit tail_of_pipe(int pipe) noexcept : pipe_{pipe} {}

    /// Whether the pipe has ended.
    bool take() {
        std::array<char, errand_tail> piece{};
        for (int round = 0; round < rounds_most; ++round) {
            const auto got = ::read(pipe_, piece.data(), piece.size());
            if (got < 0) return errno != EAGAIN && errno != EINTR;
            if (got == 0) return true;
            text_.append(piece.data(), static_cast<std::size_t>(got));
            text_.erase(0, text_.size() - std::min(text_.size(), errand_tail));
        }
        return false;
    }

    [[nodiscard]] int pipe() const noexcept { return pipe_; }

    [[nodiscard]] std::string text() && { return std::move(text_); }

  private:
    static constexpr int rounds_most = 64;

    int pipe_;
    std::string text_;
};

runtime::descriptor copy_of(int number) noexcept {
    return runtime::descriptor{::fcntl(number, F_DUPFD_CLOEXEC, 3)};
}

// A full pipe would stop the command.
runtime::task<> keep_empty(tail_of_pipe& said, runtime::scope& under) {
    runtime::watched_descriptor pipe{under.on().outside(), copy_of(said.pipe())};
    while (pipe.status() && !under.ended()) {
        pipe.ready().clear_readable();
        if (said.take()) {
            co_return;
        }
        auto waiting = pipe.ready().wait_readable(under);
        co_await waiting;
    }
}

runtime::task<> look_until_exit(unit& of, runtime::scope& under) {
    while (!under.ended()) {
        of.collect();
        if (of.exited()) {
            co_return;
        }
        auto resting = runtime::sleep_until{under, under.on().now() + blind_pause};
        co_await resting;
    }
}

runtime::task<> until_exit(unit& of, runtime::scope& under) {
    if (of.notices() < 0) {
        auto looking = look_until_exit(of, under);
        co_await looking;
        co_return;
    }
    runtime::watched_descriptor notices{under.on().outside(), copy_of(of.notices())};
    while (notices.status() && !under.ended()) {
        notices.ready().clear_readable();
        of.collect();
        if (of.exited() || notices.ready().hung_up()) {
            co_return;
        }
        auto waiting = notices.ready().wait_readable(under);
        co_await waiting;
    }
}

// Whatever it left behind goes with it. How many could not be ended.
runtime::task<std::size_t> end_tree(unit& of, runtime::loop& on) {
    stop_plan plan;
    plan.grace = duration::zero();
    plan.force_limit = kill_most;
    stop_ladder ladder{plan};
    const runtime::loop_clock time{on};
    runtime::scope until{on};
    auto action = advance(ladder, of, {}, time);
    while (action.what != stop_action::order::finish) {
        const auto next = std::min(action.wake, add_saturated(on.now(), blind_pause));
        auto resting = runtime::sleep_until{until, next};
        co_await resting;
        of.collect();
        action = advance(ladder, of, stop_event::of(of.scan()), time);
    }
    co_return ladder.alive();
}

}  // namespace

runtime::task<result<errand_report>> run_errand(
    host& machine, command what, runtime::scope& under
) {
    auto started = machine.spawn(what);
    if (!started) {
        co_return std::unexpected{started.error()};
    }
    unit& tree = **started;
    tail_of_pipe said{tree.standard_error()};
    {
        runtime::scope reading{under};
        runtime::task_group readers;
        if (said.pipe() >= 0) {
            readers.spawn(keep_empty(said, reading));
        }
        auto waiting = until_exit(tree, under);
        co_await waiting;
        reading.cancel();
        runtime::scope until{under.on()};
        auto joining = readers.join(until);
        co_await joining;
    }
    errand_report report;
    report.ended = tree.exited();
    if (!tree.empty()) {
        auto ending = end_tree(tree, under.on());
        report.abandoned = co_await ending;
    }
    if (said.pipe() >= 0) {
        said.take();
    }
    report.said = std::move(said).text();
    co_return report;
}

}  // namespace curfew::process
