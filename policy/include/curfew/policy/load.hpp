#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/policy/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace curfew::policy {

/// Who said a value, from the weakest to the strongest.
enum class layer : std::uint8_t { builtin, derived, file, environment, variable, flag };

[[nodiscard]] std::string_view to_string(layer which) noexcept;

/// A flag of the command line that sets a key.
struct flag_setting {
    std::string flag;                 ///< as the user knows it: "--timeout"
    std::string key;                  ///< "request.timeout", "upstream.default.urls"
    std::vector<std::string> values;  ///< one, or the elements of a list
};

/// Everything a policy is made from. Nothing here is read from the process: the caller brings it.
struct sources {
    std::string file_name;  ///< for messages; empty: no file
    std::string file_text;
    std::string environment;                                     ///< empty: development
    std::vector<std::pair<std::string, std::string>> variables;  ///< only CURFEW_* is looked at
    std::vector<flag_setting> flags;
};

/// One thing that is wrong, said in a way that helps to mend it.
struct problem {
    errc code = errc::policy_invalid;
    std::string origin;  ///< "curfew.toml:3:11", "CURFEW_REQUEST_TIMEOUT", "--timeout"
    std::string file;    ///< empty where it does not come from the file
    std::size_t line = 0;
    std::size_t column = 0;  ///< from 1, in characters
    std::string sentence;
    std::string hint;       ///< may be empty
    std::string source;     ///< the line of the file, made safe to print; may be empty
    std::size_t caret = 0;  ///< where in `source` it is, from 0
};

/// "curfew.toml:3:11: sentence", the line, a caret and the hint, ending in a newline.
[[nodiscard]] std::string format(const problem& what);

/// What one layer said about a key.
struct statement {
    layer said_by = layer::builtin;
    std::string origin;  ///< "curfew.toml:3:11", "CURFEW_REQUEST_TIMEOUT", "--timeout", ...
    std::string value;   ///< as it would be written in the file
};

/// Why a key has its value.
struct explanation {
    std::string key;
    std::string value;                  ///< as it would be written in the file
    std::vector<statement> statements;  ///< weakest first; the last one won
    std::string default_value;
    std::string range;    ///< "1ms to 24h", "text or json"
    std::string written;  ///< how values of its type are written
    std::string variable;
    std::string documentation;
};

/// At most this many problems are listed; the rest is counted. Of warnings too, and the rest is
/// left out.
inline constexpr std::size_t problems_max = 20;

/// Which layers said what about each key; made by load().
class provenance;

/// What came of loading: a snapshot, or problems.
struct loading {
    std::shared_ptr<const policy> snapshot;  ///< null when there are problems
    std::vector<problem> problems;
    std::size_t problems_left_out = 0;
    /// What is valid and may be meant otherwise; each names its environment. None where there are
    /// problems.
    std::vector<problem> warnings;
    std::vector<std::string> environments;  ///< those the file has a section for
    std::shared_ptr<const provenance> origins;

    /// The keys that a layer above the built-in ones set, in alphabetical order.
    [[nodiscard]] std::vector<std::string> set_keys() const;

    /// Why `key` has its value; a problem ("did you mean") where there is no such key. A key of any
    /// upstream or route ("route.timeout"), and one of an upstream or a route where none is
    /// declared, is explained as it stands in docs/policy.md ("route.*.timeout"), with its default.
    /// A route is told by its name, or by what it matches ("route.GET example.org/a.timeout").
    /// Asking a loading that has no snapshot is the caller's bug.
    [[nodiscard]] std::expected<explanation, problem> explain(std::string_view key) const;

    /// The keys of a section ("request", "route./a", "route./a.breaker"), in the order of
    /// docs/policy.md; all of them can be explained. Of "upstream" and "route" those of each one
    /// that something was said about, beyond what it inherits; where none is declared, those that
    /// any would have. Empty where there is no such section.
    [[nodiscard]] std::vector<std::string> keys_below(std::string_view section) const;

  private:
    [[nodiscard]] bool is_told(std::string_view key) const;
};

/// Makes one validated snapshot. Pure: the same sources give the same answer. Every problem of the
/// file is found in one pass (of its syntax only the first), also in sections of other
/// environments.
[[nodiscard]] loading load(const sources& from);

}  // namespace curfew::policy
