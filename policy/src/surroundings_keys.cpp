#include "key_row.hpp"

#include <array>

/// The keys of what the service stands on: its database, the checks of its start, pressure; and of
/// kinds of commands.
namespace curfew::policy {

namespace {

using namespace row;

constexpr range patience = times(1ms, 24h);

// clang-format off
const std::array table{
    key{"database.initialization", database<&database_policy::initialization>, patience,
        "From the first connect until a database can be worked with: schema, extensions, a warm "
        "pool."},
    key{"database.connection", database<&database_policy::connection>, patience,
        "One connect: name lookup, TCP, TLS and login together."},
    key{"database.acquire", database<&database_policy::acquire>, patience,
        "How long a connection of a pool is waited for."},
    key{"database.query", database<&database_policy::query>, patience,
        "One statement, from its first byte to its last row."},
    key{"database.transaction", database<&database_policy::transaction>, patience,
        "A transaction, from BEGIN to its end."},
    key{"database.idle", database<&database_policy::idle>, patience,
        "How long a transaction may do nothing: it keeps its locks meanwhile."},
    key{"database.timeout_rate", database<&database_policy::timeout_rate>, fractions(0, 1),
        "What share of its probes `curfew monitor database` lets time out or fail before it says "
        "FAIL."},

    key{"check.*.type", check<&check_policy::type>, anything,
        "What is looked at: whether somebody takes connections (tcp), with a certificate that "
        "holds (tls), answers a GET (http), can be worked with (postgres, redis, nats); whether a "
        "command ends with 0, a disk or the memory has room, the clock is set."},
    key{"check.*.target", check<&check_policy::target>, text_rule::secret,
        "Where: HOST:PORT (tcp, tls), a URL (http, postgres, redis, nats; with user and password "
        "where they are needed), a directory (disk)."},
    key{"check.*.command", check<&check_policy::command>, text_rule::any,
        "The command of the type `command`, one word an element; no shell is involved. Its whole "
        "process tree is ended with the attempt."},
    key{"check.*.timeout", check<&check_policy::timeout>, times(10ms, 1h),
        "One attempt. Of postgres it is `database.initialization`, unless it is said; its connect "
        "and its query have `database.connection` and `database.query` within it."},
    key{"check.*.status", check<&check_policy::status>, counts(0, 599),
        "The status that an http check must answer; 0: any from 200 to 399."},
    key{"check.*.query", check<&check_policy::query>, text_rule::any,
        "The statement of a postgres check: the version of the schema, say."},
    key{"check.*.expects", check<&check_policy::expects>, text_rule::any,
        "What the first value of its first row must be; empty: it only has to work."},
    key{"check.*.replication_lag", check<&check_policy::replication_lag>, times(10ms, 24h),
        "How far a postgres replica may be behind its primary; a primary is never behind."},
    key{"check.*.connections_free", check<&check_policy::connections_free>, counts(0, 100'000),
        "How many connections a postgres server must have left for ordinary users."},
    key{"check.*.free", check<&check_policy::free>, sizes(1, 1024 * 1024 * gib),
        "How much room a disk or the memory (of the nearest cgroup with a limit) must have."},
    key{"check.*.valid_for", check<&check_policy::valid_for>, times(0s, 24h * 3650),
        "How long the certificate of a check over TLS (https://, rediss://, ...) must hold."},
    key{"check.*.ca_file", check<&check_policy::ca_file>, text_rule::any,
        "Whom a check over TLS trusts: a file of certificates (PEM); empty: the system's."},

    key{"startup.budget", startup<&startup_policy::budget>, times(1s, 1h),
        "How long all checks together may take, what is tried again included."},
    key{"startup.recheck", startup<&startup_policy::recheck>, times(100ms, 1h),
        "After a degraded start, what failed is looked at again so often, until it passes."},
    key{"startup.bypass", startup<&startup_policy::bypass>, anything,
        "Starts degraded although checks failed, if every failure is of one of "
        "`startup.bypass_kinds` and there are at most `startup.bypass_failures`."},
    key{"startup.bypass_kinds", startup<&startup_policy::bypass_kinds>, text_rule::name,
        "The kinds of failure that may be passed over: those of the infrastructure. See "
        "docs/startup-bypass.md."},
    key{"startup.bypass_failures", startup<&startup_policy::bypass_failures>, counts(0, 100),
        "How many such failures may be passed over."},

    key{"signal.*.sensor", signal<&signal_policy::source>, anything,
        "What it is read from; none: it is told from outside."},
    key{"signal.*.begins", signal<&signal_policy::begins>, text_rule::name,
        "The reading at which its value is 0, such as \"80%\" or \"10ms\"; empty: the sensor's "
        "own."},
    key{"signal.*.full", signal<&signal_policy::full>, text_rule::name,
        "The reading at which its value is 1; between the two it rises in a straight line. Empty: "
        "the sensor's own."},
    key{"signal.*.hold", signal<&signal_policy::hold>, times(0s, 1h),
        "Its value rises at once, and falls only after it has been lower for so long."},
    key{"signal.*.stretches", signal<&signal_policy::stretches>, text_rule::stretch,
        "The limits that are longer while it is up, each with how many times as long at a value "
        "of 1: \"database.connection x1.5\". Any time of the policy itself, and from 0.1 to 10."},
    key{"signal.*.allow_shrink", signal<&signal_policy::allow_shrink>, anything,
        "Lets it make limits shorter: a factor below 1."},

    key{"pressure.multiplier_max", pressure<&pressure_policy::multiplier_max>, fractions(1, 10),
        "All signals together make a limit at most so many times as long."},
    key{"pressure.lease_max", pressure<&pressure_policy::lease_max>, times(1s, 24h * 7),
        "The longest that a signal told from outside may last."},
    key{"pressure.memory_shed", pressure<&pressure_policy::memory_shed>, fractions(0.1, 1),
        "The part of the memory in use (of the nearest cgroup with a limit; without one, our own "
        "part of the machine's) from which memory is given back, and, if it is still in use a "
        "second later, new requests are refused."},
    key{"pressure.interval", pressure<&pressure_policy::interval>, times(100ms, 1min),
        "How often sensors are read."},

    key{"kind.*.command", kind<&kind_policy::command>, text_rule::any,
        "What `curfew run --kind NAME` runs where no command is given, one word an element; no "
        "shell is involved."},
    key{"kind.*.timeout", kind<&kind_policy::timeout>, times(1ms, 24h * 7),
        "How long it may run: from exec on, without the times in which it is suspended."},
    key{"kind.*.warn", kind<&kind_policy::warn>, times(1ms, 24h * 7),
        "From when on it is told that it runs for long."},
    key{"kind.*.grace", kind<&kind_policy::grace>, times(0s, 1h),
        "From SIGTERM to SIGKILL of its whole process tree, when its time is over; 0s: SIGKILL at "
        "once."},
    key{"kind.*.retries", kind<&kind_policy::retries>, counts(0, 100),
        "Further attempts after one that failed. One that passes then is told to be flaky."},
    key{"kind.*.on_timeout", kind<&kind_policy::on_timeout>, anything,
        "What it counts as when its time is over: a failure, exit 124; or a pass, exit 0 (a fuzzer "
        "that found nothing)."},
    key{"kind.*.leak", kind<&kind_policy::leak>, anything,
        "What it means that the command ended and left processes running. They are ended in any "
        "case: without a word, with a warning, or as a failure (exit 1)."},
};

// clang-format on

}  // namespace

std::span<const key> surroundings_keys() noexcept {
    return table;
}

}  // namespace curfew::policy
