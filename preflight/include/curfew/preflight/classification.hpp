#pragma once

#include <curfew/policy/failure_kind.hpp>
#include <curfew/policy/policy.hpp>

#include <cstdint>
#include <string_view>

namespace curfew::preflight {

using policy::check_type;
using policy::failure_kind;

/// How a check failed, as it was seen. Views live as long as the call.
struct symptom {
    check_type check = check_type::tcp;
    bool timed_out = false;       ///< its time ran out, whatever else is known
    std::string_view sqlstate{};  ///< five characters, where a database told one
    int error_number = 0;         ///< an errno, where a system call told one
    std::string_view message{};   ///< what the other side or a library said; never our own sentence
    int http_status = 0;          ///< of an answer that was none of those that are wanted
    bool connector_scales = false;  ///< pressure on the way into the private network is told of
};

/// A kind, and why.
struct classification {
    failure_kind kind = failure_kind::unknown;
    std::string_view why;  ///< "SQLSTATE 53300: too many connections"; static storage
};

/// The first rule of the table that fits decides, and the table goes from the particular to the
/// general: what a database says (SQLSTATE), what a message says, what the kernel says (errno), and
/// last that time ran out. What time ran out of, or had no way, while the connector scales is the
/// connector's. No rule fits: `unknown`. (SQLSTATE classes: PostgreSQL 15, appendix A.)
[[nodiscard]] classification classify(const symptom& what) noexcept;

}  // namespace curfew::preflight
