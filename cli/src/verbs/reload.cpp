#include "admin_call.hpp"
#include "output.hpp"
#include "policy_sources.hpp"
#include "verbs.hpp"
#include <curfew/core/failure.hpp>

#include <chrono>
#include <cstdio>

namespace curfew::cli {

namespace {

using namespace std::chrono_literals;

constexpr duration patience = 15s;
constexpr int failed = 1;
constexpr int status_ok = 200;
constexpr int status_conflict = 409;
constexpr int status_unprocessable = 422;

int exit_code_of(int status) noexcept {
    return status == status_ok              ? 0
           : status == status_unprocessable ? describe(errc::policy_invalid).exit_code
                                            : failed;
}

}  // namespace

int reload(const invocation& line) {
    const auto rules = policy_or_flag(line, "--admin");
    if (!rules) {
        return rules.error();
    }
    const auto* server = &(*rules)->server;
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
        return complain_about(
            *server,
            told.error(),
            "--admin names the admin listener, which `curfew serve` prints as admin=ADDRESS"
        );
    }
    const int status = told->status;
    if (!is_from_admin(*told)) {
        return complain_about(*server, *told);
    }
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
