#include "serving.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

namespace curfew::cli {

namespace {

constexpr std::string_view text_plain = "text/plain; charset=utf-8";

struct asked_reload {
    bool dry_run = false;
    bool text = false;  ///< for people
};

/// What the query of a reload asks for; nothing for any other query.
std::optional<asked_reload> read_query(std::string_view query) noexcept {
    asked_reload made;
    if (query == "text" || query.starts_with("text&")) {
        made.text = true;
        query.remove_prefix(std::min(query.size(), std::string_view{"text&"}.size()));
    }
    made.dry_run = query == "dry_run=true";
    const bool known = made.dry_run || query.empty() || query == "dry_run=false";
    return known ? std::optional{made} : std::nullopt;
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
        none.for_now = true;
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
    if (what.for_now) {
        log_.say(policy::severity::warning, "a reload was not begun: " + sentence);
        return;
    }
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
    const auto how = read_query(asked.query);
    if (!how || !asked.body.empty()) {
        const std::string_view why =
            asked.body.empty()
                ? "The query is `text`, `dry_run=true` or `false`, `text&dry_run=...` or nothing.\n"
                : "This takes no body.\n";
        co_return http::response{
            describe(errc::bad_request).http_status, text_plain, std::string{why}
        };
    }
    auto reloading = reload(how->dry_run);
    const auto told = co_await reloading;
    if (how->text) {
        co_return http::response{
            admin::status_of(told), text_plain, admin::render_reload_text(told)
        };
    }
    co_return http::response{
        admin::status_of(told), "application/json", admin::render_reload(told) + '\n'
    };
}

/// What can still be refused, before anything is in force.
std::optional<policy::problem> serving::make_ready(const policy::loading& from) {
    const auto& asked = from.snapshot->access_log;
    const auto ready = access_log_.prepare(asked);
    if (ready) {
        return std::nullopt;
    }
    const failure why = ready.error();
    policy::problem told;
    const auto said = from.explain("access_log.destination");
    if (said && !said->statements.empty()) {
        told.origin = said->statements.back().origin;
    }
    told.sentence = "the access log cannot be written to " + asked.destination + ": " +
                    ::strerrordesc_np(why.detail);
    told.hint = describe(why.code).remedy;
    return told;
}

void serving::put_in_force(
    const policy::loading& from,
    std::shared_ptr<const policy::policy> next,
    const admin::reload_report& told
) {
    rules_ = std::move(next);
    admin_.admit(admin_terms_of(rules_->server));
    log_.reconfigure(rules_->server);
    access_log_.adopt();
    alerting_.adopt(rules_);
    pressure_.adopt(rules_);
    recording_.tell_reload(told.file, told.changes);
    recording_.tell_limits(from);
    tell_warnings(from.warnings);
}

}  // namespace curfew::cli
