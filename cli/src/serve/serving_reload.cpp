#include "serving.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace curfew::cli {

namespace {

constexpr std::string_view text_plain = "text/plain; charset=utf-8";

/// What the query of a reload asks for; nothing for any other query.
std::optional<bool> read_dry_run(std::string_view query) noexcept {
    if (query.empty() || query == "dry_run=false") {
        return false;
    }
    return query == "dry_run=true" ? std::optional{true} : std::nullopt;
}

}  // namespace

admin::terms admin_terms_of(const policy::server_policy& server) {
    return {server.admin_token, policy::is_loopback(server.admin), server.admin_hosts};
}

/// A signal during a reload is not lost: the file may have changed since that one read it.
runtime::task<> serving::reload_by_signal() {
    if (std::exchange(signalled_, true)) {
        co_return;
    }
    auto resting = reloading_.rest(root_);
    co_await resting;
    signalled_ = false;
    auto reloading = reload(false);
    const auto told = co_await reloading;
    using result = admin::reload_report::result;
    if (told.ended == result::applied || told.ended == result::unchanged) {
        std::printf("reloaded generation=%u\n", told.generation);
        std::fflush(stdout);
    }
}

runtime::task<admin::reload_report> serving::reload(bool dry_run) {
    if (draining_) {
        admin::reload_report none;
        none.ended = admin::reload_report::result::refused;
        none.problems.emplace_back().sentence = "Curfew is draining";
        co_return none;
    }
    auto reloading = reloading_.reload(dry_run, root_);
    const auto told = co_await reloading;
    if (!dry_run) {
        tell_reload(told);
    }
    co_return told;
}

void serving::tell_reload(const admin::reload_report& what) {
    using result = admin::reload_report::result;
    const std::string sentence = admin::sentence_of(what);
    if (what.ended == result::invalid || what.ended == result::refused) {
        log_.say(
            policy::severity::error,
            "the policy was not reloaded, and the one in force stays: " + sentence
        );
        recording_.tell_refusal(sentence);
        return;
    }
    const bool waits = std::ranges::any_of(what.changes, &policy::change::after_restart);
    log_.say(
        waits ? policy::severity::warning : policy::severity::info,
        "the policy was reloaded: " + sentence
    );
}

runtime::task<http::response> serving::answer_reload(const http::request& asked) {
    const auto dry_run = read_dry_run(asked.query);
    if (!dry_run || !asked.body.empty()) {
        const std::string_view why =
            asked.body.empty() ? "The query is `dry_run=true`, `dry_run=false` or nothing.\n"
                               : "This takes no body.\n";
        co_return http::response{
            describe(errc::bad_request).http_status, text_plain, std::string{why}
        };
    }
    auto reloading = reload(*dry_run);
    const auto told = co_await reloading;
    co_return http::response{
        admin::status_of(told), "application/json", admin::render_reload(told) + '\n'
    };
}

void serving::put_in_force(
    const policy::loading& from,
    std::shared_ptr<const policy::policy> next,
    const admin::reload_report& told
) {
    rules_ = std::move(next);
    admin_.admit(admin_terms_of(rules_->server));
    log_.reconfigure(rules_->server);
    alerting_.adopt(rules_);
    recording_.tell_reload(told.file, told.changes);
    recording_.tell_limits(from);
}

}  // namespace curfew::cli
