#include "admin_site.hpp"

#include <chrono>

namespace curfew::cli {

namespace {

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
    return {entry.http_status, "text/plain; charset=utf-8", std::string{entry.title} + '\n'};
}

}  // namespace

admin_site::admin_site(runtime::loop& on, std::string token, source draw)
    : loop_{on},
      token_{std::move(token)},
      draw_{std::move(draw)},
      sampler_{on.now()},
      scope_{on},
      answer_{[this](const http::request& asked) { return guarded_page(asked); }},
      serve_{[this](std::unique_ptr<runtime::stream> connection, runtime::scope& under) {
          return http::serve_connection(std::move(connection), under, answer_, limits_);
      }} {}

void admin_site::begin(std::unique_ptr<runtime::listener> listening) {
    constexpr std::size_t connections_max = 256;
    listening_ = std::move(listening);
    tasks_.spawn(http::accept_connections(
        *listening_, scope_, scope_, connections_, connections_max, serve_, accepted_
    ));
}

runtime::task<http::response> admin_site::guarded_page(const http::request& asked) {
    constexpr std::string_view scheme = "Bearer ";
    if (!token_.empty()) {
        const bool named = asked.authorization.starts_with(scheme);
        const auto given = named ? asked.authorization.substr(scheme.size()) : std::string_view{};
        if (!is_same_secret(given, token_)) {
            co_return plain(errc::unauthorized);
        }
    }
    auto drawing = page(asked);
    co_return co_await drawing;
}

runtime::task<http::response> admin_site::page(const http::request& asked) {
    const bool reads =
        asked.method == http1::method_id::get || asked.method == http1::method_id::head;
    if (!reads) {
        co_return plain(errc::method_not_implemented);
    }
    const std::string target{asked.path};
    auto drawing = draw_(scope_);
    const auto now = co_await drawing;
    const admin::facts known{now, sampler_.sample(loop_.now()), std::chrono::system_clock::now()};
    auto made = admin::page_for(target, known);
    if (!made) {
        co_return plain(errc::not_found);
    }
    co_return http::response{made->status, made->content_type, std::move(made->body)};
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
