#include "admin_call.hpp"
#include "output.hpp"
#include "policy_sources.hpp"
#include "verbs.hpp"
#include <curfew/core/failure.hpp>
#include <curfew/policy/load.hpp>

#include <chrono>
#include <cstdio>
#include <expected>

namespace curfew::cli {

namespace {

using namespace std::chrono_literals;

constexpr duration patience = 15s;
constexpr int failed = 1;
constexpr int status_ok = 200;
constexpr int status_conflict = 409;
constexpr int status_unprocessable = 422;

/// Where to ask, and with which token. A policy that is bad here does not say, but the flag and the
/// variables do: what is wrong with it is told by the Curfew that reads it.
std::expected<policy::server_policy, int> listener_of(const invocation& line) {
    auto from = policy_sources(line);
    if (!from) {
        return std::unexpected{complain(line, from.error())};
    }
    const auto loaded = policy::load(*from);
    if (loaded.snapshot) {
        return loaded.snapshot->server;
    }
    if (line.has("--admin")) {
        from->file_name.clear();
        from->file_text.clear();
        if (const auto without = policy::load(*from); without.snapshot) {
            return without.snapshot->server;
        }
    }
    int code = 0;
    for (const auto& what : loaded.problems) {
        code = complain(line, what);
    }
    return std::unexpected{code};
}

int exit_code_of(int status) noexcept {
    return status == status_ok              ? 0
           : status == status_unprocessable ? describe(errc::policy_invalid).exit_code
                                            : failed;
}

}  // namespace

int reload(const invocation& line) {
    const auto server = listener_of(line);
    if (!server) {
        return server.error();
    }
    if (server->admin.port == 0) {
        return complain(usage_problem{
            "the policy leaves the port of the admin listener open (server.admin)",
            "name it: --admin 127.0.0.1:PORT, as `curfew serve` prints it"
        });
    }
    const bool json = line.has("--json");
    std::string target = json ? "/-/reload" : "/-/reload?text";
    if (line.has("--dry-run")) {
        target += json ? "?dry_run=true" : "&dry_run=true";
    }
    const auto told = call_admin(*server, http1::method_id::post, target, patience);
    if (!told) {
        complain(usage_problem{
            "nobody could be asked at " + admin_address(*server) + ": " +
                std::string{describe(told.error().code).title},
            "--admin names the admin listener, which `curfew serve` prints as admin=ADDRESS"
        });
        return failed;
    }
    const int status = told->status;
    if (status != status_ok && status != status_conflict && status != status_unprocessable) {
        complain_about(*server, *told);
        return failed;
    }
    if (json || (status == status_ok && !line.has("--quiet"))) {
        print(told->body);
    } else if (status != status_ok) {
        std::fwrite(told->body.data(), 1, told->body.size(), stderr);
    }
    return exit_code_of(status);
}

}  // namespace curfew::cli
