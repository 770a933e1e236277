#pragma once

#include <curfew/ledger/records.hpp>

#include <string>
#include <string_view>

namespace curfew::report {

/// Names and attributes are from outside: control bytes become spaces, so that no text steers a
/// terminal.
[[nodiscard]] std::string clean(std::string_view text);

/// "timed out (own_timeout request.timeout)", "shed (queue_full)", "success".
[[nodiscard]] std::string how_it_ended(const ledger::series& what);

/// The same in one word and its limit, as a row's name: "shed queue_full".
[[nodiscard]] std::string cause_text(const ledger::series& what);

}  // namespace curfew::report
