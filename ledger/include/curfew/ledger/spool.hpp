#pragma once

#include <curfew/core/event.hpp>
#include <curfew/ledger/place.hpp>
#include <curfew/ledger/records.hpp>
#include <curfew/ledger/setback.hpp>

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace curfew::ledger {

// What a short-lived command has to tell: it is appended to a file beside the ledger with one write
// (a few system calls, under a millisecond, no database), and the next Curfew that has the ledger
// open takes it over: a serving one within a minute, or a command that reads it (`merge_spool`).
//
// Each record has a checksum. What a killed process or a full disk tore is skipped and counted, and
// a spool is never taken over twice. Several processes may append at once.

/// A spool holds no more; about 15 000 operations. Beyond it, appending fails with `local_resource`
/// until somebody takes it over.
inline constexpr std::size_t spool_bytes_max = std::size_t{2} << 20;

/// `$LEDGER.spool`
[[nodiscard]] std::string spool_path(const std::string& ledger_path);

/// Appends one operation, which started at `started` by the wall; the event's own points mean
/// nothing to other processes. `io_error` with errno. Thread rule: any thread.
[[nodiscard]] result<> append_to_spool(
    const std::string& ledger_path, const event& what, wall_time started
);

/// Appends a deploy marker; a text over 512 bytes is cut.
[[nodiscard]] result<> append_to_spool(const std::string& ledger_path, const mark& what);

/// Takes over what lies in the spool now, for a command that wants to read it. Nothing to do is a
/// success, and makes no ledger where there is none and no spool either. Whoever does it is no
/// `instance`: it was not there to record.
[[nodiscard]] result<> merge_spool(const std::string& ledger_path, wall_time now);

/// The same for a ledger in a database, with what waited for it. Without anything to take over it
/// is not even asked. All of it ends within a few of its limits; `time` is read while it waits.
[[nodiscard]] std::expected<void, setback> merge_spool(
    const place& where, wall_time now, const clock& time
);

}  // namespace curfew::ledger
