#pragma once

#include <curfew/ledger/reader.hpp>

#include <string_view>

namespace curfew::report {

/// A start that went on although checks of it had failed, as the ledger tells it. The texts are
/// those of the row.
struct bypass_record {
    std::string_view said;   ///< what failed, and why it could be passed over
    std::string_view by;     ///< who or what passed it over
    std::string_view until;  ///< how long that holds
};

[[nodiscard]] bool is_bypass(const ledger::series& what) noexcept;

[[nodiscard]] bypass_record bypass_of(const ledger::kept_operation& row) noexcept;

}  // namespace curfew::report
