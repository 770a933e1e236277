#pragma once

#include <curfew/preflight/examination.hpp>
#include <curfew/process/unit.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace curfew::preflight {

/// After a degraded start: looks again at what failed, every `startup.recheck`, until all of it has
/// passed. It goes by the policy in force: a check that a reload mended is looked at as it is now,
/// and one that a reload took away fails no more. Thread rule: the loop's thread.
class recheck {
  public:
    struct surroundings {
        runtime::loop& on;
        runtime::network& through;
        process::host& machine;
        /// As it is now, under pressure.
        std::function<std::shared_ptr<const policy::policy>()> rules;
        std::function<bool()> connector_scales;
        /// It fails no more. `why`: "passed", or that a reload took it away.
        std::function<void(const look& what, std::string_view why)> passed;
    };

    /// `failing`: the looks that have something wrong.
    recheck(surroundings around, std::vector<look> failing);

    /// Until nothing fails, or `under` ends.
    [[nodiscard]] runtime::task<> run(runtime::scope& under);

    [[nodiscard]] std::vector<look> failing() const;

  private:
    /// A check and what it was made by.
    struct looking_glass {
        policy::check_policy rules;
        policy::database_policy limits;
        std::unique_ptr<check> with{};
    };

    struct patient {
        look seen;
        std::unique_ptr<looking_glass> glass{};
        std::string well{};  ///< why it fails no more
    };

    void fit(
        patient& one, const policy::check_policy& rules, const policy::database_policy& limits
    );

    [[nodiscard]] runtime::task<> look_at(patient& one, runtime::scope& under);

    surroundings around_;
    std::vector<patient> patients_;
};

}  // namespace curfew::preflight
