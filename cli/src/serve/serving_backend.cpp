#include "backend_setup.hpp"
#include "serving.hpp"
#include <curfew/policy/duration_text.hpp>

#include <algorithm>
#include <cstdio>

// The backend: its run, what its supervisor tells, and its stacks.

namespace curfew::cli {

void serving::prepare_backend() {
    if (rules_->backend.command.empty()) {
        return;
    }
    probe_ = std::make_unique<http_probe>(loop_, outside_, gateway_);
    backend_ = std::make_unique<process::backend>(
        loop_, host_, *probe_, *this, backend_options_of(*rules_)
    );
    if (rules_->backend.stacks_on_timeout) {
        gateway_.backend_overdue = [this](duration waited) { stacks_.request_timed_out(waited); };
    }
    gateway_.guards().set_upstream(0, gateway::upstream_state::starting, {}, loop_.now());
}

runtime::task<> serving::run_backend() {
    backend_running_ = true;
    auto running = backend_->run(root_);
    const auto ended = co_await running;
    backend_running_ = false;
    backend_ended_.pass();
    if (!ended) {
        end_with(complain_about_backend(ended.error()));
    }
}

void serving::told(process::backend_state state, std::string_view sentence) {
    using enum process::backend_state;
    // A dump keeps children from being reaped; this is where it is heard of.
    process::reap_children();
    // Its last word is printed when its run has ended, in one sentence with the exit code's reason.
    if (state == crash_looped) {
        given_up_ = sentence;
    } else {
        const bool is_news = state == ready || state == starting;
        log_.say(is_news ? policy::severity::info : policy::severity::warning, sentence);
    }
    auto& guards = gateway_.guards();
    const auto again_at = backend_->starts_again_at();
    const duration pause = again_at ? std::max(*again_at - loop_.now(), duration{}) : duration{};
    switch (state) {
        case ready:
            tell_held_back(guards.set_upstream(0, gateway::upstream_state::up, {}, loop_.now()));
            announce_ready();
            break;
        case crash_looped:
            guards.set_upstream(0, gateway::upstream_state::stopped, {}, loop_.now());
            break;
        case stopped:
            guards.set_upstream(
                0, gateway::upstream_state::stopped, rules_->backend.backoff_max, loop_.now()
            );
            break;
        default:
            guards.set_upstream(0, gateway::upstream_state::starting, pause, loop_.now());
            break;
    }
}

void serving::happened(process::supervisor_action::notice what, std::string_view sentence) {
    if (what == process::supervisor_action::notice::exited && backend_->has_ended_by_itself()) {
        gateway_.guards().upstream_crashed(0, loop_.now());
    }
    recording_.tell_backend(what, sentence, loop_.now());
}

void serving::tell_held_back(const gateway::held_back& found) {
    if (found.route.empty()) {
        return;
    }
    const std::string route{found.route};
    const std::string sentence = "route " + route + " is held back for " +
                                 policy::duration_figure(found.length) +
                                 ": its requests brought the backend down";
    log_.say(policy::severity::warning, sentence);
    recording_.tell_held_back(route, sentence, loop_.now());
}

void serving::printed(std::string_view line) {
    output_.write(line);
}

int serving::complain_about_backend(failure why) {
    const errc_entry& entry = describe(why.code);
    const bool has_run = why.code == errc::crash_loop || why.code == errc::command_hung ||
                         why.code == errc::address_in_use;
    const std::string reason = has_run ? given_up_ : std::string{entry.title};
    const std::string sentence =
        "the backend `" + rules_->backend.command.front() + "` does not run: " + reason;
    if (rules_->server.log_format == policy::log_shape::json) {
        log_.say(policy::severity::error, sentence);
        return entry.exit_code;
    }
    std::fprintf(
        stderr,
        "curfew: %s\n  hint: %.*s\n",
        sentence.c_str(),
        static_cast<int>(entry.remedy.size()),
        entry.remedy.data()
    );
    return entry.exit_code;
}

void serving::dumped(const process::stack_dump& what) {
    stacks_.keep(what);
    recording_.tell_stacks(what.headline, loop_.now());
}

void serving::open_stacks() {
    admin_.add("/-/stacks", admin::purpose::both, [this](const http::request& asked) {
        return stacks_.answer(asked);
    });
    admin_.add("/-/stacks.json", admin::purpose::reads, [this](const http::request& asked) {
        return stacks_.answer_json(asked);
    });
}

runtime::task<std::optional<process::stack_dump>> serving::look_at_backend(
    runtime::scope& under, std::optional<duration> hung_for, bool hangs
) {
    if (!backend_) {
        co_return std::nullopt;
    }
    auto looking = backend_->look(under, hung_for, hangs);
    auto seen = co_await looking;
    // A dump keeps children from being reaped.
    process::reap_children();
    co_return seen;
}

void serving::tell_of_stacks(const stack_shelf::taken& seen) {
    log_.say(
        seen.why == stacks_reason::asked ? policy::severity::info : policy::severity::warning,
        "the backend: " + seen.what.headline + " (GET /-/stacks shows all of it)"
    );
    recording_.tell_stacks(seen.what.headline, loop_.now());
}

}  // namespace curfew::cli
