#pragma once

#include "diagnosis.hpp"
#include "document.hpp"
#include "key.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace curfew::policy {

/// One valid value for one key.
struct setting {
    const key* which;
    std::string name;  ///< of the record; empty for keys of the policy itself
    literal value;
    origin where;
};

/// What one layer says.
struct sheet {
    struct declaration {
        const record_kind* kind;
        std::string name;
        position at;
    };

    std::vector<setting> settings;
    std::vector<declaration> declarations;
};

/// What the file says, in its own part and in those of environments.
struct file_sheets {
    sheet common;
    std::vector<std::pair<std::string, sheet>> environments;
};

/// Checks every key and value; what is wrong goes to `wrong` and not into the sheets.
[[nodiscard]] file_sheets read_sheets(const node& document, diagnosis& wrong);

/// Checks `value` against the key and adds it, or a problem.
void take_setting(setting what, sheet& to, diagnosis& wrong);

/// What an element of `route` is called: its `name`, else made of its methods, host and path.
[[nodiscard]] std::string route_name(const node& route);

/// Lower-case letters, digits, '-' and '_', at most 64: environments, and records of all kinds but
/// routes.
[[nodiscard]] bool is_plain_name(std::string_view name) noexcept;

}  // namespace curfew::policy
