#include "admin_call.hpp"

#include "output.hpp"
#include <curfew/admin/pages.hpp>
#include <curfew/admin/terminal_text.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/task_group.hpp>

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

namespace curfew::cli {

namespace {

std::string request_of(
    const policy::server_policy& server,
    http1::method_id method,
    std::string_view target,
    const runtime::endpoint& at,
    std::string_view body
) {
    std::string text{to_string(method)};
    text.append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(at.text());
    text += "\r\nConnection: close\r\n";
    if (method == http1::method_id::post) {
        text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    if (!server.admin_token.empty()) {
        text += "Authorization: Bearer " + server.admin_token + "\r\n";
    }
    return (text += "\r\n") += body;
}

/// Where a listener on every address is asked.
std::string host_of(const policy::address& at) {
    if (at.host == "localhost" || at.host == "0.0.0.0") {
        return "127.0.0.1";
    }
    return at.host == "::" ? "::1" : at.host;
}

runtime::task<> ask(
    http::client& with,
    http1::method_id method,
    std::string_view text,
    runtime::scope& under,
    result<http::answer>& told
) {
    auto asking = with.exchange(method, text, under);
    told = co_await asking;
    under.on().stop();
}

}  // namespace

std::string admin_address(const policy::server_policy& server) {
    const std::string& host = server.admin.host;
    const bool is_v6 = host.find(':') != host.npos;
    return (is_v6 ? '[' + host + ']' : host) + ':' + std::to_string(server.admin.port);
}

bool is_from_admin(const http::answer& told) noexcept {
    return told.server == admin::server_name;
}

int complain_about(const policy::server_policy& server, failure why, std::string hint) {
    constexpr int unasked = 1;
    complain(usage_problem{
        "nobody could be asked at " + admin_address(server) + ": " +
            std::string{describe(why.code).title},
        std::move(hint)
    });
    return unasked;
}

int complain_about(const policy::server_policy& server, const http::answer& told) {
    constexpr int unauthorized = 401;
    if (!is_from_admin(told)) {
        return complain(usage_problem{
            "what answered " + std::to_string(told.status) + " at " + admin_address(server) +
                " is no admin listener of Curfew",
            "--admin names it, which `curfew serve` prints as admin=ADDRESS"
        });
    }
    std::string said = told.body.substr(0, told.body.find('\n'));
    return complain(usage_problem{
        "the admin listener at " + admin_address(server) + " answered " +
            std::to_string(told.status) + ": " + admin::terminal_text(said),
        told.status == unauthorized ? "`server.admin_token` of this policy is not its token" : ""
    });
}

result<http::answer> call_admin(
    const policy::server_policy& server,
    http1::method_id method,
    std::string_view target,
    duration patience,
    std::string_view body
) {
    const auto at = runtime::endpoint::of(host_of(server.admin), server.admin.port);
    if (!at) {
        return fail(errc::bad_usage, EINVAL);
    }
    runtime::epoll outside;
    runtime::loop on{outside};
    runtime::scope root{on, bound::after(on.now(), patience, "admin")};
    runtime::task_group tasks;
    http::client with{outside, *at};
    result<http::answer> told = fail(errc::internal);
    const std::string text = request_of(server, method, target, *at, body);
    tasks.spawn(ask(with, method, text, root, told));
    on.run();
    return told;
}

}  // namespace curfew::cli
