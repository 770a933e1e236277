#pragma once

#include <curfew/core/event.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <string>

namespace curfew::cli {

/// A request as bytes on its way from the loop that served it to the thread that writes the access
/// log: about 500 of them, a copy without an allocation. Texts are cut to at most 1 KiB each.
/// Thread rule: pure.
[[nodiscard]] std::size_t access_record_size(const event& what) noexcept;

/// Writes exactly access_record_size(what) bytes. `one_in`: requests that its line stands for.
void write_access_record(const event& what, double one_in, std::byte* to) noexcept;

/// The line of a record, with its newline: docs/schema/access-log.json. `epoch` is the wall time at
/// which the events' timeline begins.
[[nodiscard]] std::string access_line(
    std::span<const std::byte> record, std::chrono::sys_time<duration> epoch
);

}  // namespace curfew::cli
