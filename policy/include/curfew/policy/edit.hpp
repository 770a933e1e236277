#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/policy/load.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::policy {

/// A key of the file that is to hold another time. Concrete: "request.timeout",
/// "upstream.main.connect_timeout", "route.NAME.timeout".
struct time_edit {
    std::string key;
    duration value{};
};

/// A line that was changed or added.
struct changed_line {
    std::size_t line = 0;               ///< in the new text, from 1
    std::optional<std::string> before;  ///< none: it was added
    std::string after;
};

struct refused_edit {
    time_edit what;
    problem why;
};

struct edited_file {
    std::string text;
    std::vector<changed_line> lines;  ///< in the order of the text
    std::vector<refused_edit> refused;
};

/// The file's text with these keys set, and not one other byte changed: comments, order, quotes,
/// indentation and line ends (CRLF too) stay as they are.
///
/// A key is edited where it stands: under a header, dotted, in an inline table, in an array of
/// tables; in the section of the environment, if it stands there, else in the part for all. Where
/// it does not stand it is added behind the last key of its section; where there is no section, one
/// is appended to the file. A [[route]] is never added: the first one ends the derivation of routes
/// from the traffic, and the gateway refuses what no route matches.
///
/// Each edit stands alone. It is refused, and the others are made, if: the text, parsed again,
/// would differ in anything but this key; the policy with it would not validate; a stronger layer
/// (a variable, a flag, the environment's section) says something else, so that it would have no
/// effect; there is no such route or key. Pure. Its work is that of one `load` for each edit.
[[nodiscard]] edited_file set_times(const sources& from, std::span<const time_edit> edits);

}  // namespace curfew::policy
