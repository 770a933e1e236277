#include "serving.hpp"

#include "start_complaint.hpp"
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/wall_clock.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>

namespace curfew::cli {

namespace {

constexpr std::string_view version = CURFEW_VERSION;

constexpr std::string_view name_of(process::backend_state state) noexcept {
    switch (state) {
        case process::backend_state::stopped:
            return "stopped";
        case process::backend_state::starting:
            return "starting";
        case process::backend_state::ready:
            return "ready";
        case process::backend_state::stopping:
        case process::backend_state::backing_off:
            return "restarting";
        case process::backend_state::crash_looped:
            return "crash_loop";
    }
    return "stopped";
}

std::optional<runtime::endpoint> to_endpoint(const policy::address& at) {
    const std::string host = at.host == "localhost" ? "127.0.0.1" : at.host;
    const auto made = runtime::endpoint::of(host, at.port);
    return made ? std::optional{*made} : std::nullopt;
}

}  // namespace

serving::serving(const policy::loading& loaded, policy_origin again, const beginning& with)
    : rules_{loaded.snapshot},
      warnings_{loaded.warnings},
      loop_{outside_},
      signals_{outside_, {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD}},
      untold_{loop_},
      ends_{loop_},
      stage_times_{loop_},
      log_{rules_->server, untold_},
      alerting_{loop_, outside_, rules_, log_},
      recording_{*rules_, log_, {&alerting_, &ends_, &stage_times_}},
      access_log_{[this](std::string_view sentence) {
          log_.say(policy::severity::warning, sentence);
      }},
      output_{*rules_},
      root_{loop_},
      delay_{loop_},
      gateway_{rules_, loop_.now()},
      fleet_{
          gateway_,
          loop_,
          [this]() -> event_sink& { return recording_.sink_for_worker(access_log_.sink()); }
      },
      admin_{loop_, admin_terms_of(rules_->server), admin_sources()},
      live_{
          loop_,
          ends_,
          {[this](runtime::scope& under, std::size_t live) { return draw(under, live); },
           [this] { return recording_.state(); },
           runtime::wall_now}
      },
      desk_{loop_, [this] { return admin_.page(admin::view::brief); }},
      stacks_{
          loop_,
          [this](runtime::scope& under, std::optional<duration> hung_for, bool hangs) {
              return look_at_backend(under, hung_for, hangs);
          },
          [this](const stack_shelf::taken& seen) { tell_of_stacks(seen); }
      },
      pressure_{loop_, rules_, stage_times_, pressure_surroundings()},
      reloading_{
          loop_,
          std::move(again),
          gateway_,
          fleet_,
          rules_,
          [this](const auto& written) { return pressure_.shape(written); },
          reload_listener()
      },
      startup_{loop_, outside_, host_, with.examined, startup_surroundings()},
      descriptors_{plan_descriptors(
          descriptor_limit(), rules_->server.workers, rules_->server.connections_max
      )},
      started_{loop_.now()} {
    recording_.tell_limits(loaded);
    open_stacks();
    live_.join(admin_);
    pressure_.join(admin_);
    admin_.add("/-/reload", admin::purpose::changes, [this](const http::request& asked) {
        return answer_reload(asked);
    });
    gateway_.connections.narrow(descriptors_.connections);
    gateway_.connections.tell_shortages_to([this](failure why) { tell_shortage(why); });
    gateway_.health = [this](runtime::scope& under) { return desk_.answer(under); };
    pressure_.tell(with.pressure);
    prepare_backend();
}

serving::~serving() = default;

admin_site::sources serving::admin_sources() {
    return {
        [this] { return state(); },
        [this](runtime::scope& under) { return draw(under); },
        [this] { return recording_.state(); },
        [this] { return alerting_.state(); },
    };
}

reloading::listener serving::reload_listener() {
    return {
        [this](const policy::loading& from) { return make_ready(from); },
        [this](const auto& from, auto next, const auto& told) {
            put_in_force(from, std::move(next), told);
        },
    };
}

void serving::tell_shortage(failure why) noexcept {
    log_.say(
        policy::severity::warning,
        std::string{"a connection could not be accepted: "} + ::strerrordesc_np(why.detail) +
            "; it waits, and so do those behind it (said at most once a minute)"
    );
}

int serving::run() {
    if (!listen()) {
        tasks_.spawn(stop());
        loop_.run();
        return exit_code_;
    }
    recording_.speak();
    tell_warnings(std::exchange(warnings_, {}));
    tell_override();
    begin_alerting();
    tasks_.spawn(obey_signals());
    tasks_.spawn(tell_left_out());
    tasks_.spawn(stacks_.run(root_));
    pressure_.begin();
    startup_.begin();
    if (backend_) {
        tasks_.spawn(run_backend());
    } else {
        announce_ready();
    }
    std::set_new_handler(nullptr);
    loop_.run();
    return exit_code_;
}

void serving::begin_alerting() {
    alerting_.begin(
        [this](std::string_view name, std::string_view state, std::string_view said) {
            recording_.tell_alert(name, state, said);
        },
        [this] { return recording_.state(); }
    );
}

bool serving::listen() {
    const auto& server = rules_->server;
    const auto http = to_endpoint(server.listen);
    const auto admin = to_endpoint(server.admin);
    if (!http || !admin) {
        exit_code_ = complain_about(http ? server.admin : server.listen, {errc::bad_usage, EINVAL});
        return false;
    }
    auto admin_listener = outside_.listen(*admin, false);
    if (!admin_listener) {
        exit_code_ = complain_about(server.admin, admin_listener.error());
        return false;
    }
    admin_at_ = (*admin_listener)->local();
    alerting_.add_to(admin_);
    admin_.begin(std::move(*admin_listener), descriptors_.admin, [this](failure why) {
        tell_shortage(why);
    });
    if (const auto ready = access_log_.prepare(rules_->access_log); !ready) {
        exit_code_ = complain_about_access_log(rules_->access_log.destination, ready.error());
        return false;
    }
    access_log_.adopt();
    const auto bound = fleet_.begin(*http);
    if (!bound) {
        const failure why = bound.error();
        const bool is_worker = why.detail == EAGAIN || why.detail == ENOMEM;
        exit_code_ = is_worker ? complain_about_workers(server.workers, why)
                               : complain_about(server.listen, why);
        return false;
    }
    http_at_ = *bound;
    return true;
}

runtime::task<> serving::obey_signals() {
    for (;;) {
        auto waiting = signals_.next(root_);
        const auto number = co_await waiting;
        if (!number) {
            co_return;
        }
        switch (*number) {
            case SIGCHLD:
                process::reap_children();
                break;
            case SIGTERM:
            case SIGINT:
            case SIGQUIT:
                if (draining_) {
                    hurry();
                } else {
                    end_with(0);
                }
                break;
            case SIGHUP:
                obey_hangup();
                break;
            default:
                if (backend_) {
                    backend_->forward(*number);
                }
        }
    }
}

void serving::obey_hangup() {
    switch (terminal_.meaning_of_hangup()) {
        case hangup::ignored:
            break;
        case hangup::terminal:
            end_with(0);
            break;
        case hangup::request:
            tasks_.spawn(reload_by_signal());
    }
}

/// The first time a drain begins; what comes later changes nothing. Without a backend there is
/// nothing to wait for.
void serving::end_with(int exit_code) {
    if (std::exchange(draining_, true)) {
        return;
    }
    exit_code_ = exit_code;
    if (exit_code != 0) {
        delay_.end({cause_kind::shutdown});
        gateway_.guards().drain(loop_.now());
    }
    tasks_.spawn(stop());
}

/// Whoever asks again does not want to wait: the backend is killed, and what is served broken off.
void serving::hurry() {
    delay_.end({cause_kind::shutdown});
    alerting_.hurry();
    fleet_.hurry();
    if (backend_) {
        ask_backend_to_stop();
        backend_->stop();
    }
}

void serving::ask_backend_to_stop() {
    if (!std::exchange(backend_asked_, true)) {
        backend_->stop();
    }
}

runtime::task<> serving::stop() {
    if (draining_) {
        runtime::sleep_until until{delay_, add_saturated(loop_.now(), rules_->server.drain_delay)};
        co_await until;
    }
    auto draining = fleet_.drain(rules_->server.drain);
    co_await draining;
    if (backend_ && backend_->state() != process::backend_state::stopped) {
        ask_backend_to_stop();
    } else {
        root_.end({cause_kind::shutdown});
    }
    runtime::scope always{loop_};
    while (backend_running_) {
        auto ending = backend_ended_.wait(always);
        co_await ending;
    }
    root_.end({cause_kind::shutdown});
    auto easing = pressure_.close();
    co_await easing;
    auto healing = startup_.close();
    co_await healing;
    auto silencing = alerting_.close();
    co_await silencing;
    auto parting = live_.close();
    co_await parting;
    auto closing = admin_.close();
    co_await closing;
    auto leaving = desk_.close();
    co_await leaving;
    loop_.stop();
}

runtime::task<std::optional<gateway::snapshot>> serving::draw(
    runtime::scope& under, std::size_t live
) {
    auto describing = fleet_.describe(under, live);
    auto now = co_await describing;
    if (now) {
        // Route indexes that nobody has used yet have no name; what a reload took away goes when
        // the last of its requests has.
        std::erase_if(now->routes, [](const gateway::route_snapshot& each) {
            return each.name.empty() || (each.retired && each.in_flight + each.queued == 0);
        });
        std::erase_if(now->upstreams, [](const gateway::upstream_snapshot& each) {
            return each.retired && each.in_flight + each.detached + each.queued == 0;
        });
        pressure_.refresh();
        add_state(*now);
    }
    co_return now;
}

gateway::snapshot serving::state() const {
    gateway::snapshot now;
    add_state(now);
    return now;
}

void serving::add_state(gateway::snapshot& now) const {
    now.version = version;
    now.uptime = loop_.now() - started_;
    now.draining = draining_;
    now.connections_limit = gateway_.connections.most();
    now.connections_crowded = gateway_.connections.crowded(loop_.now());
    now.observe = rules_->gateway.observe;
    now.ready = !draining_;
    now.access_log = access_log_.state();
    reloading_.describe(now.policy);
    pressure_.describe(now);
    now.startup = startup_.state();
    if (backend_) {
        now.ready = now.ready && backend_->state() == process::backend_state::ready;
        now.backend.state = name_of(backend_->state());
        now.backend.restarts = backend_->starts() > 0 ? backend_->starts() - 1 : 0;
        now.backend.pid = backend_->pid();
        now.backend.last_exit = backend_->last_end();
    }
}

runtime::task<> serving::tell_left_out() {
    constexpr auto pace = std::chrono::seconds{1};
    for (;;) {
        auto resting = untold_.wait(root_);
        const auto woken = co_await resting;
        if (woken == runtime::wake::ended) {
            co_return;
        }
        runtime::sleep_until until{root_, loop_.now() + pace};
        co_await until;
        log_.tell_left_out(loop_.now());
    }
}

}  // namespace curfew::cli
