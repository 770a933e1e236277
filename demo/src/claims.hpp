#pragma once

#include "arm_result.hpp"

#include <string>
#include <vector>

namespace curfew::demo {

/// Something the demo says, and whether this run bears it out.
struct claim {
    std::string id;  ///< stable, for --json
    std::string text;
    bool holds = false;
    std::string measured;  ///< the numbers, with how many requests stand behind them
};

/// The three claims, from raw samples. A claim without samples does not hold.
[[nodiscard]] std::vector<claim> judge_claims(
    const scenario& plan, const arm_result& direct, const arm_result& curfew
);

}  // namespace curfew::demo
