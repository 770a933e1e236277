#include "key.hpp"

#include <array>

namespace curfew::policy {

namespace {

// clang-format off
constexpr std::array section_table{
    section{"server", "The listeners and the process."},
    section{"request", "The time a request has."},
    section{"http", "What a client may send, and how slowly."},
    section{"gateway", "The caps over all upstreams."},
    section{"limiter", "The adaptive limit of each upstream."},
    section{"breaker", "The breaker of each upstream and route."},
    section{"upstream.*", "A group of equal backends, by name: `[upstream.main]`."},
    section{"route.*", "Requests that share a limit: `[[route]]`, any number of times, told apart "
                       "by host, path and methods. What it leaves out is inherited."},
    section{"route.*.breaker", "The breaker of this route."},
    section{"backend", "The command that Curfew starts and keeps running."},
    section{"access_log", "A line for each request. See docs/access-log.md."},
    section{"ledger", "The durable record of operations, which `curfew explain` and `curfew "
                      "report` read. See docs/ledger.md."},
    section{"alert.*", "A condition that somebody wants to hear of: `[[alert]]`, any number of "
                       "times. See docs/alerts.md."},
    section{"sink.*", "Where alerts are sent, by name: `[sink.chat]`."},
    section{"database", "Limits of Curfew's own work with a database. `curfew check` tells what "
                        "they are, also under pressure (`--pressure`). See "
                        "docs/database-timeouts.md."},
    section{"check.*", "Something that must be there before the service starts, by name: "
                       "`[check.database]`. `curfew preflight` and `curfew serve` look. See "
                       "docs/preflight.md."},
    section{"startup", "How long the checks may take, and whether the service may start although "
                       "one failed. See docs/startup-bypass.md."},
    section{"signal.*", "A pressure from 0 to 1, by name: `[signal.deploy]`, and the limits that "
                        "are longer under it. Some are built in. See docs/pressure.md."},
    section{"pressure", "What holds for all signals."},
    section{"kind.*", "How long commands of a kind may run, by name: `[kind.unit]`, for `curfew "
                      "run --kind unit`. Some are built in. See docs/run.md."},
};
// clang-format on

}  // namespace

std::span<const section> sections() noexcept {
    return section_table;
}

}  // namespace curfew::policy
