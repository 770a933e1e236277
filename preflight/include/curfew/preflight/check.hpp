#pragma once

#include <curfew/core/account.hpp>
#include <curfew/core/cause.hpp>
#include <curfew/policy/policy.hpp>
#include <curfew/preflight/classification.hpp>
#include <curfew/process/unit.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/task.hpp>

#include <memory>
#include <optional>
#include <string>

namespace curfew::preflight {

/// What stands behind a failure.
struct background {
    cause ended_by{};        ///< the limit that ran out; else `completed`
    time_account account{};  ///< where the time of the attempt went

    [[nodiscard]] bool timed_out() const noexcept { return is_limited_in_time(ended_by); }
};

/// What one attempt found wrong.
struct finding {
    std::string sentence;  ///< for people; names neither user nor password
    bool timed_out = false;
    std::string sqlstate{};
    int error_number = 0;
    int http_status = 0;
    std::string message{};  ///< what the other side or a library said

    /// What the check itself knows it to be; nothing: `classify` says.
    std::optional<classification> known{};

    background behind{};  ///< as far as the check itself knows it

    [[nodiscard]] symptom seen_by(check_type type, bool connector_scales) const noexcept {
        return {type, timed_out, sqlstate, error_number, message, http_status, connector_scales};
    }
};

/// Looks at one thing. Thread rule: the loop's thread.
class check {
  public:
    virtual ~check() = default;

    /// One attempt: nothing where all is well. Ends soon after `under` has ended; a command's tree
    /// has two seconds more to be killed in.
    [[nodiscard]] virtual runtime::task<std::optional<finding>> attempt(runtime::scope& under) = 0;
};

/// What checks look with. All of it outlives them.
struct instruments {
    runtime::loop& on;
    runtime::network& through;
    process::host& machine;
    const policy::database_policy& limits;  ///< as they are under pressure
};

/// The check that `rules` mean; they were validated, and outlive it.
[[nodiscard]] std::unique_ptr<check> make_check(
    const instruments& with, const policy::check_policy& rules
);

}  // namespace curfew::preflight
