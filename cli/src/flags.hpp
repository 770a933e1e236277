#pragma once

#include "table.hpp"

#include <array>

namespace curfew::cli {

// The flags, as tables. Which verb has which: table.cpp.

inline constexpr flag help_flag{
    .name = "--help", .value = "", .help = "Prints this help.", .letter = 'h'
};

inline constexpr flag json_flag{
    .name = "--json", .value = "", .help = "Prints the result as JSON (docs/schema)."
};

inline constexpr flag quiet_flag{
    .name = "--quiet", .value = "", .help = "Prints errors only.", .letter = 'q'
};

inline constexpr flag verbose_flag{
    .name = "--verbose", .value = "", .help = "Prints more.", .letter = 'v'
};

/// Of the verbs that read the ledger.
inline constexpr flag surface_flag{
    .name = "--surface",
    .value = "NAME",
    .help = "Only operations of this part of Curfew.",
    .offers = offer::words,
    .words = "http websocket database cache bus agent command test"
};

/// Of the verb that tells of more than operations.
inline constexpr flag any_surface_flag{
    .name = "--surface",
    .value = "NAME",
    .help =
        "Only this part of Curfew; policy: reloads and alerts, supervisor: the backend, startup: "
        "checks of the start.",
    .offers = offer::words,
    .words = "http websocket database cache bus agent command test startup policy supervisor"
};

/// Of the verbs that do with limits what pressure does to them.
inline constexpr flag pressure_flag{
    .name = "--pressure",
    .value = "SIGNALS",
    .help =
        "With the limits as they are while these are up: NAME or NAME=VALUE (0 to 1, by "
        "default 1), with commas between.",
    .offers = offer::words,
    .repeatable = true
};

/// Of every verb.
inline constexpr std::array common_flags{
    flag{
        .name = "--config",
        .value = "FILE",
        .help = "The policy file; by default the first curfew.toml from here upward.",
        .offers = offer::files
    },
    flag{
        .name = "--env",
        .value = "NAME",
        .help = "The environment; by default CURFEW_ENV, else development.",
        .offers = offer::words,
        .words = "development staging production"
    },
    flag{
        .name = "--ledger",
        .value = "FILE",
        .help = "The record of operations: a file, or postgresql://HOST/NAME; `off`: none. By "
                "default curfew/ledger.db in the state directory (XDG).",
        .key = "ledger.store",
        .off_key = "ledger.enabled",
        .offers = offer::files
    },
    json_flag,
    quiet_flag,
    verbose_flag,
    flag{
        .name = "--color",
        .value = "WHEN",
        .help = "Colours: auto, always or never.",
        .offers = offer::words,
        .words = "auto always never"
    },
    help_flag,
};

inline constexpr std::array serve_flags{
    flag{
        .name = "--listen",
        .value = "ADDRESS",
        .help = "Where requests are accepted; port 0 picks a free one.",
        .key = "server.listen"
    },
    flag{
        .name = "--admin",
        .value = "ADDRESS",
        .help = "Where health and metrics are answered.",
        .key = "server.admin"
    },
    flag{
        .name = "--upstream",
        .value = "URL",
        .help = "Where the backend answers; give it again for each further one.",
        .key = "upstream.default.urls",
        .repeatable = true
    },
    flag{
        .name = "--timeout",
        .value = "DURATION",
        .help = "From the arrival of a request to its response headers.",
        .key = "request.timeout"
    },
    flag{
        .name = "--workers",
        .value = "COUNT",
        .help = "Event loops, one a thread.",
        .key = "server.workers"
    },
    flag{
        .name = "--access-log",
        .value = "DESTINATION",
        .help = "A JSON line for each request: to stderr, or to a file by its path; off: none.",
        .key = "access_log.destination",
        .offers = offer::files
    },
    flag{
        .name = "--observe",
        .value = "",
        .help = "Refuses nothing, records what would have been refused.",
        .key = "gateway.observe",
        .setting = "true"
    },
    flag{
        .name = "--pressure",
        .value = "SIGNALS",
        .help = "Begins with these signals up for five minutes, as if they were told: NAME or "
                "NAME=VALUE (0 to 1, by default 1), with commas between.",
        .offers = offer::words,
        .repeatable = true
    },
};

/// Of its log, which is what it has to print.
inline constexpr std::array serve_meanings{
    meaning{.flag = "--json", .key = "server.log_format", .setting = "json"},
    meaning{.flag = "--quiet", .key = "server.log_level", .setting = "error"},
    meaning{.flag = "--verbose", .key = "server.log_level", .setting = "info"},
};

inline constexpr std::array demo_flags{
    flag{
        .name = "--report",
        .value = "FILE",
        .help = "Where the report is written; by default demo-report.html.",
        .offers = offer::files
    },
    flag{
        .name = "--seed",
        .value = "NUMBER",
        .help = "The seed of the load's schedule, so that a run can be repeated."
    },
    flag{
        .name = "--shop",
        .value = "PROGRAM",
        .help =
            "The demo's backend; by default the one installed or built with this program. Any "
            "program "
            "that speaks its contract will do (examples/shop/README.md), such as shop.py there.",
        .offers = offer::files
    },
};

inline constexpr std::array report_flags{
    flag{.name = "--since", .value = "SPAN", .help = "How far back: 90m, 24h, 7d (the default)."},
    any_surface_flag,
    flag{
        .name = "--compare", .value = "SPAN", .help = "Also the stretch of this length before it."
    },
    flag{
        .name = "--format",
        .value = "FORMAT",
        .help = "text (the default), json, or html: one file with plots.",
        .offers = offer::words,
        .words = "text json html"
    },
};

inline constexpr std::array trend_flags{
    flag{.name = "--hours", .value = "HOURS", .help = "How far back, in hours; by default 24."},
    surface_flag,
};

inline constexpr std::array advise_flags{
    flag{.name = "--since", .value = "SPAN", .help = "How far back: 24h, 14d (the default)."},
    surface_flag,
    flag{
        .name = "--write",
        .value = "",
        .help = "Writes the limits into the policy file, its comments and layout kept."
    },
};

/// Of the verbs that ask one Curfew that serves.
inline constexpr flag asked_flag{
    .name = "--admin",
    .value = "ADDRESS",
    .help = "Where the Curfew that serves is asked.",
    .key = "server.admin"
};

inline constexpr std::array reload_flags{
    asked_flag,
    flag{.name = "--dry-run", .value = "", .help = "Tells the difference and changes nothing."},
};

inline constexpr std::array alert_flags{
    asked_flag,
    flag{.name = "--sink", .value = "NAME", .help = "test: only this sink."},
    flag{
        .name = "--for",
        .value = "DURATION",
        .help = "silence: how long, at most 168h; by default 1h, and 0s ends it."
    },
};

inline constexpr std::array pressure_flags{
    asked_flag,
    flag{.name = "--value", .value = "VALUE", .help = "set: from 0 to 1; by default 1."},
    flag{
        .name = "--lease",
        .value = "DURATION",
        .help = "set: how long it is good, at most `pressure.lease_max`; by default 5m."
    },
};

inline constexpr std::array monitor_flags{
    flag{.name = "--duration", .value = "DURATION", .help = "How long: 1s to 720h; by default 1m."},
    flag{
        .name = "--interval",
        .value = "DURATION",
        .help = "From one probe to the next: 10ms to 720h; by default 1s."
    },
    flag{
        .name = "--target",
        .value = "URL",
        .help = "The database: postgresql://USER@HOST:PORT/NAME. Everybody on this machine can "
                "read a command line: a password belongs into a check's `target`, or into "
                "PGPASSWORD."
    },
    flag{
        .name = "--check",
        .value = "NAME",
        .help = "The database of this [check.NAME]; by default that of the only one."
    },
    pressure_flag,
};

inline constexpr std::array preflight_flags{
    flag{
        .name = "--budget",
        .value = "DURATION",
        .help = "How long all checks together may take.",
        .key = "startup.budget"
    },
    pressure_flag,
    flag{
        .name = "--simulate",
        .value = "KINDS",
        .help = "Decides as if checks had failed so: kinds with commas between, or empty; "
                "infrastructure-pressure prints the decision for every kind, count and environment."
    },
};

inline constexpr std::array run_flags{
    flag{
        .name = "--kind",
        .value = "NAME",
        .help =
            "Of this kind ([kind.NAME]): its limits, and its command where none is given. Built "
            "in: quick, quality, unit, coverage, integration, mission_critical, security, e2e, "
            "performance.",
        .offers = offer::words,
        .words = "quick quality unit coverage integration mission_critical security e2e performance"
    },
    flag{
        .name = "--timeout",
        .value = "DURATION",
        .help = "How long it may run, from exec on; by default the kind's, without a kind 30m."
    },
    flag{
        .name = "--warn",
        .value = "DURATION",
        .help = "Says from then on that it runs for long; by default the kind's, or never."
    },
    flag{
        .name = "--grace",
        .value = "DURATION",
        .help = "From SIGTERM to SIGKILL of its whole tree; by default the kind's, or 5s."
    },
    flag{.name = "--retries", .value = "N", .help = "Further attempts after one that failed."},
    flag{
        .name = "--on-timeout",
        .value = "VERDICT",
        .help = "What it counts as when its time is over: fail (exit 124) or pass (exit 0).",
        .offers = offer::words,
        .words = "fail pass"
    },
    flag{
        .name = "--leak",
        .value = "RULE",
        .help = "When it leaves processes running, which are ended in any case: ignore, warn, or "
                "fail (exit 1).",
        .offers = offer::words,
        .words = "ignore warn fail"
    },
    flag{
        .name = "--result",
        .value = "FILE",
        .help = "Writes there as JSON how it went (docs/schema/run.json), so that nobody has to "
                "guess whose exit code it was.",
        .offers = offer::files
    },
};

inline constexpr std::array watch_flags{
    flag{
        .name = "--admin",
        .value = "ADDRESS",
        .help = "The admin listener of a serving Curfew; give it again for each further one.",
        .repeatable = true
    },
    flag{.name = "--once", .value = "", .help = "Prints one picture and exits."},
    flag{
        .name = "--interval",
        .value = "DURATION",
        .help = "How often the screen is drawn: 100ms to 1m; by default 500ms."
    },
};

inline constexpr std::array check_flags{
    flag{
        .name = "--explain",
        .value = "KEY",
        .help = "Tells which layer set a key, or each key of a section.",
        .offers = offer::words
    },
    pressure_flag,
    flag{
        .name = "--schema",
        .value = "",
        .help = "Prints the JSON Schema of curfew.toml, for editors."
    },
};

inline constexpr std::array help_flags{
    flag{.name = "--man", .value = "", .help = "Prints the manual page (roff)."},
};

}  // namespace curfew::cli
