#include "watching.hpp"

#include <curfew/runtime/sleep.hpp>

#include <unistd.h>

#include <csignal>
#include <utility>

namespace curfew::cli {

namespace {

/// The terminal, the keys, the signals and the fleet on one loop.
class terminal_watch {
  public:
    explicit terminal_watch(const watch_request& what)
        : what_{what},
          loop_{outside_},
          signals_{
              outside_, {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGWINCH, SIGTSTP, SIGCONT}
          },
          screen_{outside_},
          fleet_{loop_, outside_, what},
          root_{loop_} {}

    int run() {
        screen_.enter();
        tasks_.spawn(fleet_.follow(root_, changed_));
        tasks_.spawn(draw());
        tasks_.spawn(obey_keys());
        tasks_.spawn(obey_signals());
        tasks_.spawn(stop_when_left());
        loop_.run();
        screen_.leave();
        return exit_code_;
    }

  private:
    void leave(int exit_code) {
        exit_code_ = exit_code;
        left_.pass();
    }

    runtime::task<> stop_when_left() {
        auto waiting = left_.wait(root_);
        co_await waiting;
        root_.end({cause_kind::shutdown});
        stopping_.spawn(end_loop());
    }

    runtime::task<> end_loop() {
        runtime::scope always{loop_};
        auto joining = tasks_.join(always);
        co_await joining;
        loop_.stop();
    }

    void draw_now() {
        const auto& settings = fleet_.model().settings();
        screen_.show(admin::draw_watch(
            fleet_.model().shown(), settings, screen_.size(), what_.style, loop_.now()
        ));
    }

    runtime::task<> draw() {
        while (!root_.ended()) {
            draw_now();
            runtime::scope resting{
                root_, bound::after(loop_.now(), what_.interval, "watch.interval")
            };
            auto waiting = changed_.wait(resting);
            co_await waiting;
        }
    }

    runtime::task<> obey_keys() {
        admin::key_decoder decoder;
        std::vector<admin::key> pressed;
        for (;;) {
            auto reading = screen_.typed(root_);
            const auto bytes = co_await reading;
            if (!bytes) {
                leave(0);
                co_return;
            }
            if (root_.ended()) {
                co_return;
            }
            pressed.clear();
            decoder.feed(*bytes, pressed);
            for (const admin::key each : pressed) {
                obey(each);
            }
        }
    }

    void obey(admin::key pressed) {
        auto& model = fleet_.model();
        const auto state = admin::combined(model.shown(), model.settings().process);
        if (pressed == admin::key::redraw) {
            screen_.enter();
        }
        switch (model.press(pressed, state.routes.size())) {
            case admin::watch_model::answer::quit:
                leave(0);
                break;
            case admin::watch_model::answer::redraw:
                draw_now();
                break;
            case admin::watch_model::answer::nothing:
                break;
        }
    }

    runtime::task<> obey_signals() {
        for (;;) {
            auto waiting = signals_.next(root_);
            const auto number = co_await waiting;
            if (!number) {
                co_return;
            }
            switch (*number) {
                case SIGPIPE:
                    break;
                case SIGWINCH:
                    screen_.enter();
                    draw_now();
                    break;
                case SIGTSTP:
                    screen_.leave();
                    ::kill(::getpid(), SIGSTOP);
                    break;
                case SIGCONT:
                    screen_.enter();
                    draw_now();
                    break;
                default:
                    leave(*number == SIGINT ? 0 : 128 + *number);
            }
        }
    }

    const watch_request& what_;
    runtime::epoll outside_;
    runtime::loop loop_;
    runtime::signals signals_;
    terminal_screen screen_;
    watched_fleet fleet_;
    runtime::scope root_;
    runtime::baton changed_;
    runtime::baton left_;
    runtime::task_group tasks_;
    runtime::task_group stopping_;
    int exit_code_ = 0;
};

runtime::task<> look_and_stop(watched_fleet& fleet, runtime::scope& under) {
    auto looking = fleet.look_once(under);
    co_await looking;
    under.on().stop();
}

}  // namespace

int watch_on_terminal(const watch_request& what) {
    terminal_watch one{what};
    return one.run();
}

admin::watch_picture look_at_all(const watch_request& what) {
    runtime::epoll outside;
    runtime::loop loop{outside};
    watched_fleet fleet{loop, outside, what};
    runtime::scope root{loop};
    runtime::task_group tasks;
    tasks.spawn(look_and_stop(fleet, root));
    loop.run();
    return fleet.model().known();
}

}  // namespace curfew::cli
