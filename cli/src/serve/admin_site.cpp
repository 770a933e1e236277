#include "admin_site.hpp"

#include <curfew/protocol/http1_field.hpp>

#include <algorithm>
#include <chrono>

namespace curfew::cli {

namespace {

constexpr std::size_t connections_max = 256;

/// Equal or not, in a time that does not tell where they differ.
bool is_same_secret(std::string_view given, std::string_view expected) noexcept {
    unsigned difference = given.size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char other = expected[i % expected.size()];
        difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other);
    }
    return difference == 0;
}

http::response plain(errc code) {
    const errc_entry& entry = describe(code);
    http::response reply{
        entry.http_status, "text/plain; charset=utf-8", std::string{entry.title} + '\n'
    };
    if (code == errc::unauthorized) reply.challenge = "Bearer";
    if (code == errc::method_not_allowed) reply.allow = "GET, HEAD";
    return reply;
}

/// The token of `Bearer TOKEN`; empty where it is no such thing. Schemes know no case (RFC 9110,
/// 11.1).
std::string_view bearer_token(std::string_view authorization) noexcept {
    constexpr std::string_view scheme = "bearer";
    const auto rest = authorization.substr(std::min(scheme.size(), authorization.size()));
    const auto token = rest.find_first_not_of(' ');
    const bool named =
        http1::equals_ignoring_case(authorization.substr(0, scheme.size()), scheme) &&
        rest.starts_with(' ') && token != rest.npos;
    return named ? rest.substr(token) : std::string_view{};
}

}  // namespace

admin_site::admin_site(runtime::loop& on, std::string token, sources from)
    : loop_{on},
      token_{std::move(token)},
      from_{std::move(from)},
      sampler_{on.now()},
      scope_{on},
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

bool admin_site::may_read(const http::request& asked) const noexcept {
    return token_.empty() || is_same_secret(bearer_token(asked.authorization), token_);
}

runtime::task<http::response> admin_site::answer(const http::request& asked) {
    if (!may_read(asked)) {
        co_return plain(errc::unauthorized);
    }
    const auto what = admin::view_at(asked.path);
    if (!what) {
        co_return plain(errc::not_found);
    }
    const bool reads =
        asked.method == http1::method_id::get || asked.method == http1::method_id::head;
    if (!reads) {
        co_return plain(errc::method_not_allowed);
    }
    auto drawing = page(*what);
    auto drawn = co_await drawing;
    co_return drawn;
}

runtime::task<http::response> admin_site::page(admin::view what) {
    std::optional<gateway::snapshot> now{std::in_place};
    admin::process_sample process;
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
    auto made = admin::draw(
        what, {*now, process, std::chrono::system_clock::now(), ledger ? &*ledger : nullptr}
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
