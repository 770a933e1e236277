#include "admin_site.hpp"

#include <curfew/core/expects.hpp>

#include <algorithm>
#include <chrono>

namespace curfew::cli {

namespace {

constexpr std::size_t connections_max = 256;

http::server_limits usual_limits() noexcept {
    http::server_limits limits;
    limits.body_bytes = 16 * 1024;
    limits.name = admin::server_name;
    return limits;
}

http::response refusal(const admin::denial& why) {
    http::response reply;
    reply.status = describe(why.code).http_status;
    reply.body = std::string{why.sentence} + '\n';
    reply.allow = why.allow;
    reply.challenge = why.challenge;
    return reply;
}

http::response nothing_here() {
    const errc_entry& entry = describe(errc::not_found);
    return refusal({entry.code, entry.title});
}

admin::caller caller_of(const http::request& asked) noexcept {
    return {asked.method, asked.host, asked.origin, asked.fetch_site, asked.authorization};
}

}  // namespace

admin_site::admin_site(runtime::loop& on, admin::terms of, sources from)
    : loop_{on},
      terms_{std::move(of)},
      from_{std::move(from)},
      sampler_{on.now()},
      scope_{on},
      limits_{usual_limits()},
      answer_{[this](const http::request& asked) { return answer(asked); }},
      serve_{[this](std::unique_ptr<runtime::stream> connection, runtime::scope& under) {
          return http::serve_connection(std::move(connection), under, answer_, limits_, &resting_);
      }},
      cap_{connections_max} {}

void admin_site::begin(
    std::unique_ptr<runtime::listener> listening,
    std::size_t connections,
    http::connection_cap::shortage_listener short_of
) {
    cap_.narrow(connections);
    cap_.tell_shortages_to(std::move(short_of));
    listening_ = std::move(listening);
    tasks_.spawn(http::accept_connections(
        *listening_, scope_, scope_, connections_, resting_, serve_, accepted_
    ));
}

void admin_site::add(std::string_view path, admin::purpose what, http::handler answer) {
    expects(!listening_, "endpoints are added before the site begins");
    endpoints_.push_back({path, what, std::move(answer)});
}

void admin_site::add_below(std::string_view prefix, admin::purpose what, http::handler answer) {
    expects(!listening_ && prefix.ends_with('/'), "endpoints are added before the site begins");
    endpoints_.push_back({prefix, what, std::move(answer), true});
}

runtime::task<http::response> admin_site::answer(const http::request& asked) {
    const admin::caller who = caller_of(asked);
    if (const auto denied = admin::deny_caller(who, terms_)) {
        co_return refusal(*denied);
    }
    const auto view = admin::view_at(asked.path);
    const auto found = std::ranges::find_if(endpoints_, [&](const endpoint& each) {
        return each.answers(asked.path);
    });
    if (!view && found == endpoints_.end()) {
        co_return nothing_here();
    }
    const auto what = view ? admin::purpose::reads : found->what;
    if (const auto denied = admin::deny_purpose(who, what)) {
        co_return refusal(*denied);
    }
    auto answering =
        view ? page(*view, admin::metrics_format_for(asked.accept)) : found->answer(asked);
    auto answered = co_await answering;
    co_return answered;
}

runtime::task<http::response> admin_site::page(admin::view what, admin::metrics_format format) {
    std::optional<gateway::snapshot> now{std::in_place};
    process::process_sample process;
    switch (admin::needs_of(what)) {
        case admin::needs::everything: {
            auto drawing = from_.everything(scope_);
            now = co_await drawing;
            process = sampler_.sample(loop_.now());
            break;
        }
        case admin::needs::state:
            now = from_.state();
            break;
        case admin::needs::nothing:
            break;
    }
    if (!now) {
        co_return http::response{
            503, "text/plain; charset=utf-8", "A worker does not answer: its numbers are missing.\n"
        };
    }
    const auto ledger = from_.ledger();
    const auto alerts = from_.alerts();
    auto made = admin::draw(
        what,
        {*now,
         process,
         std::chrono::system_clock::now(),
         ledger ? &*ledger : nullptr,
         alerts ? &*alerts : nullptr,
         format}
    );
    co_return http::response{made.status, made.content_type, std::move(made.body)};
}

runtime::task<> admin_site::close() {
    runtime::scope always{loop_};
    scope_.end({cause_kind::shutdown});
    auto accepting = tasks_.join(always);
    co_await accepting;
    auto ending = connections_.join(always);
    co_await ending;
}

}  // namespace curfew::cli
