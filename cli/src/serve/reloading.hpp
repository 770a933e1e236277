#pragma once

#include "fleet.hpp"
#include <curfew/admin/reload_page.hpp>
#include <curfew/gateway/gateway.hpp>
#include <curfew/gateway/snapshot.hpp>
#include <curfew/policy/load.hpp>
#include <curfew/runtime/baton.hpp>
#include <curfew/runtime/intrusive_list.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/task.hpp>

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace curfew::cli {

/// Where the policy came from, to read it again.
struct policy_origin {
    std::string file;  ///< empty: there was none; then one is looked for again
    std::function<std::expected<policy::sources, policy::problem>(const std::string& file)> read;
};

/// Reads the policy again and puts what can be in force without a restart there: one at a time, the
/// whole of it or nothing. What serves is the policy as it is under the pressure of the moment.
/// Thread rule: the control loop's thread.
class reloading {
  public:
    /// Who is told of a new policy.
    struct listener {
        /// Before anything is in force: why it cannot be, if so.
        std::function<std::optional<policy::problem>(const policy::loading& from)> make_ready;
        /// The gateway has taken it over; where it came from and what it changed.
        std::function<void(
            const policy::loading& from,
            std::shared_ptr<const policy::policy> next,
            const admin::reload_report& told
        )>
            put_in_force;
    };

    /// The policy as it is under pressure; itself where that changes nothing.
    using shaper = std::function<std::shared_ptr<const policy::policy>(
        const std::shared_ptr<const policy::policy>& written
    )>;

    reloading(
        runtime::loop& on,
        policy_origin from,
        gateway::gateway& shared,
        fleet& workers,
        std::shared_ptr<const policy::policy> rules,
        shaper shape,
        listener told
    );

    /// When it ends as applied, every worker serves new requests under the new policy. A dry run
    /// changes nothing.
    [[nodiscard]] runtime::task<admin::reload_report> reload(bool dry_run, runtime::scope& under);

    /// The pressure has changed: what serves is shaped anew. False: not now, because requests in
    /// flight hold too many earlier policies; ask again.
    [[nodiscard]] runtime::task<bool> reshape(runtime::scope& under);

    /// Waits until nothing is handed over to the workers, or the scope has ended.
    [[nodiscard]] runtime::task<> rest(runtime::scope& under);

    void describe(gateway::policy_snapshot& to) const;

  private:
    struct in_reloading;

    /// One that waits: lives in its frame.
    struct resting : runtime::list_node<in_reloading> {
        runtime::baton over;
    };

    [[nodiscard]] runtime::task<bool> hand_over(
        std::shared_ptr<const gateway::edition> next, runtime::scope& under
    );
    [[nodiscard]] policy::loading read_again(admin::reload_report& into);
    void note(const admin::reload_report& what);

    runtime::loop& loop_;
    policy_origin from_;
    gateway::gateway& gateway_;
    fleet& fleet_;
    std::shared_ptr<const policy::policy> written_;  ///< in force, but for the pressure
    shaper shape_;
    listener told_;
    bool busy_ = false;     ///< the workers are taking something over
    bool shaping_ = false;  ///< and it is no reload
    runtime::intrusive_list<resting, in_reloading> resting_;
    time_point since_;
    std::uint64_t applied_ = 0;
    std::uint64_t refused_ = 0;
    std::optional<time_point> last_refused_;  ///< and nothing better since
    std::string why_refused_;
};

}  // namespace curfew::cli
