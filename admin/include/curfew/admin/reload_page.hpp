#pragma once

#include <curfew/policy/transition.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::admin {

/// What came of a reload, or would.
struct reload_report {
    enum class result : std::uint8_t {
        applied,    ///< a new policy is in force
        unchanged,  ///< it says what the one in force says
        planned,    ///< a dry run: nothing was changed
        invalid,    ///< the policy is bad or cannot be read; the old one stays in force
        refused,    ///< not now: `problems` say why
    };

    result ended = result::unchanged;
    bool for_now = false;          ///< refused, but not for what the policy is: ask again
    std::uint32_t generation = 1;  ///< of the policy in force now
    std::string file;              ///< that was read; empty: none
    std::vector<policy::change> changes;
    std::vector<policy::problem> problems;
    std::size_t problems_left_out = 0;
};

[[nodiscard]] std::string_view to_string(reload_report::result ended) noexcept;

/// 200; 422 for a policy that is invalid, 409 where it is refused.
[[nodiscard]] int status_of(const reload_report& what) noexcept;

/// As docs/schema/reload.json says it.
[[nodiscard]] std::string render_reload(const reload_report& what);

/// The same for people: one sentence, then a line for each change, or for each problem with a hint.
[[nodiscard]] std::string render_reload_text(const reload_report& what);

/// One sentence for the log.
[[nodiscard]] std::string sentence_of(const reload_report& what);

}  // namespace curfew::admin
