#include "ledger_status.hpp"

#include <curfew/core/rfc3339.hpp>

#include <optional>
#include <string>

namespace curfew::admin {

namespace {

using condition = ledger::status::condition;
using ledger::fate;

std::optional<std::string> shown(ledger::wall_time at) {
    return at == ledger::wall_time{} ? std::nullopt : std::optional{rfc3339(at)};
}

std::uint64_t count(const ledger::status& of, fate what) noexcept {
    return of.so_far[static_cast<std::size_t>(what)];
}

std::uint64_t dropped(const ledger::status& of) noexcept {
    std::uint64_t sum = count(of, fate::figures_dropped);
    for (const fate each :
         {fate::ring_full_success,
          fate::ring_full_failure,
          fate::ring_full_timeout,
          fate::ring_full_cancelled,
          fate::ring_full_ignored}) {
        sum += count(of, each);
    }
    return sum;
}

double seconds(ledger::wall_time at) noexcept {
    return std::chrono::duration<double>(at.time_since_epoch()).count();
}

}  // namespace

void write_ledger(json_writer& out, const ledger::status* now) {
    out.key("ledger");
    out.begin_object();
    if (now == nullptr) {
        out.member("state", "off");
        out.end_object();
        return;
    }
    out.member("state", to_string(now->is));
    out.member("store", now->in_database ? "postgresql" : "sqlite");
    out.member("path", now->path);
    out.member("bytes", now->file_bytes);
    out.member("wal_bytes", now->wal_bytes);
    out.member("last_written", shown(now->last_written));
    if (now->is == condition::failing) {
        out.member("trouble", now->reason);
        out.member("failing_since", shown(now->failing_since));
    }
    if (now->in_database) {
        out.member("reachable", now->is == condition::storing);
        out.member("spooled_batches", now->spooled_batches);
        out.member("spooled_bytes", now->spooled_bytes);
    }
    if (!now->set_aside.empty()) {
        out.member("set_aside", now->set_aside);
    }
    out.member("recorded", count(*now, fate::recorded));
    out.member("rows", count(*now, fate::row_kept));
    out.member("rows_waiting", now->rows_waiting);
    out.member("rows_sampled_out", count(*now, fate::row_sampled_out));
    out.member("rows_dropped", count(*now, fate::row_dropped));
    out.member("dropped", dropped(*now));
    out.member("success_rows_one_in", now->success_rows_one_in);
    out.end_object();
}

void write_ledger(exposition& out, const ledger::status* now) {
    using enum metric_type;
    if (now == nullptr) {
        return;
    }
    const auto one = [&](std::string_view name, metric_type type, std::string_view help, auto value
                     ) {
        out.family(name, type, help);
        out.sample("", value);
    };
    const std::uint64_t writable = now->is == condition::failing ? 0 : 1;
    one("curfew_ledger_writable", gauge, "1 unless the ledger cannot be written now.", writable);
    one("curfew_ledger_bytes",
        gauge,
        "Size of the ledger, without its write-ahead log.",
        now->file_bytes);
    if (now->in_database) {
        one("curfew_ledger_spooled_batches",
            gauge,
            "Batches that wait on this disk for a database that cannot be reached.",
            now->spooled_batches);
        one("curfew_ledger_spooled_bytes",
            gauge,
            "What they take; ledger.spool_max bounds it.",
            now->spooled_bytes);
    }
    one("curfew_ledger_wal_bytes",
        gauge,
        "Size of its write-ahead log, which ledger.size_max does not bound.",
        now->wal_bytes);
    one("curfew_ledger_last_written_timestamp_seconds",
        gauge,
        "When it was written last, in seconds since 1970; 0: never.",
        seconds(now->last_written));
    one("curfew_ledger_rows_waiting",
        gauge,
        "Rows that wait to be written.",
        std::uint64_t{now->rows_waiting});
    one("curfew_ledger_success_rows_one_in",
        gauge,
        "Of so many plain successes one has a row.",
        std::uint64_t{now->success_rows_one_in});
    out.family(
        "curfew_ledger_operations_total",
        counter,
        "What became of operations: recorded counts each once; ring_full, figures_dropped were "
        "lost."
    );
    for (std::size_t i = 0; i < ledger::fate_count; ++i) {
        const auto what = static_cast<fate>(i);
        const bool always = what == fate::recorded || what == fate::row_kept;
        if (always || now->so_far[i] != 0) {
            out.sample("", {"fate", to_string(what)}, now->so_far[i]);
        }
    }
}

}  // namespace curfew::admin
