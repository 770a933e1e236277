#include "serving.hpp"

#include <cstdio>

// What serving says and keeps of its backend beside its states.

namespace curfew::cli {

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
