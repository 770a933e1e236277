#include "start_complaint.hpp"

#include <cstdio>
#include <cstring>

namespace curfew::cli {

int complain_about_workers(std::size_t workers, failure what) {
    std::fprintf(
        stderr,
        "curfew: cannot start %zu worker%s: %s\n  hint: Ask for fewer (`--workers`), or raise the "
        "limit on threads or memory (`ulimit -u`, `ulimit -v`).\n",
        workers,
        workers == 1 ? "" : "s",
        std::strerror(what.detail)
    );
    return describe(what.code).exit_code;
}

int complain_about_access_log(const std::string& destination, failure what) {
    std::fprintf(
        stderr,
        "curfew: cannot write the access log %s: %s\n  hint: Make its directory, and let this user "
        "write there, or choose another place (`access_log.destination`).\n",
        destination.c_str(),
        std::strerror(what.detail)
    );
    return describe(what.code).exit_code;
}

int complain_about_descriptors(const descriptor_plan& plan) {
    std::fprintf(
        stderr,
        "curfew: cannot serve with %zu descriptors (RLIMIT_NOFILE): its own work and one client "
        "need %zu\n  hint: Raise the limit (`ulimit -n`), or ask for fewer workers "
        "(`--workers`).\n",
        plan.limit,
        plan.least()
    );
    return describe(errc::local_resource).exit_code;
}

int complain_about_ready_line(int error) {
    std::fprintf(
        stderr,
        "curfew: the ready line cannot be written: %s\n  hint: Give it a standard output that is "
        "open, such as /dev/null.\n",
        std::strerror(error)
    );
    return describe(errc::io_error).exit_code;
}

int complain_about(const policy::address& at, failure what) {
    const errc_entry& entry = describe(what.code);
    std::fprintf(
        stderr,
        "curfew: cannot listen on %s:%u: %s\n  hint: %.*s\n",
        at.host.c_str(),
        unsigned{at.port},
        std::strerror(what.detail),
        static_cast<int>(entry.remedy.size()),
        entry.remedy.data()
    );
    return entry.exit_code;
}

}  // namespace curfew::cli
