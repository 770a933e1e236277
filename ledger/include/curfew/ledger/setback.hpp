#pragma once

#include <curfew/core/failure.hpp>

#include <string>

namespace curfew::ledger {

/// Why a ledger cannot be used.
struct setback {
    failure why{};
    std::string said{};    ///< in the store's own words, without any secret; empty: those of `why`
    bool refused = false;  ///< what was to be written can never be
};

}  // namespace curfew::ledger
