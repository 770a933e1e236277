#include "../serve/serving.hpp"
#include "output.hpp"
#include "policy_sources.hpp"
#include "verbs.hpp"
#include <curfew/core/failure.hpp>
#include <curfew/policy/load.hpp>

#include <sys/resource.h>

#include <csignal>
#include <exception>

namespace curfew::cli {

namespace {

/// A gateway needs descriptors: takes as many as the hard limit gives.
void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

}  // namespace

int serve(const invocation& line) {
    const auto from = policy_sources(line);
    if (!from) {
        return complain(line, from.error());
    }
    const auto loaded = policy::load(*from);
    if (!loaded.snapshot) {
        int code = 0;
        for (const auto& what : loaded.problems) {
            code = complain(line, what);
        }
        if (loaded.problems_left_out > 0) {
            const auto more = std::to_string(loaded.problems_left_out);
            code = complain(usage_problem{"and " + more + " further problems", ""});
        }
        return code;
    }
    if (loaded.snapshot->upstreams.empty()) {
        return complain(usage_problem{
            "there is no backend to stand in front of",
            "say where it answers: curfew serve --upstream http://127.0.0.1:8000"
        });
    }
    raise_descriptor_limit();
    std::signal(SIGPIPE, SIG_IGN);
    try {
        serving one{loaded.snapshot};
        return one.run();
    } catch (const std::exception& cannot_start) {
        complain(usage_problem{"cannot start: " + std::string{cannot_start.what()}, ""});
        return describe(errc::internal).exit_code;
    }
}

}  // namespace curfew::cli
