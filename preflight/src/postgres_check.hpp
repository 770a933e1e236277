#pragma once

#include <curfew/preflight/check.hpp>
#include <curfew/preflight/database_probe.hpp>

namespace curfew::preflight {

/// A PostgreSQL takes us in, answers the query of the check as it expects it, is not too far behind
/// its primary, and has connections left.
class postgres_check final : public check {
  public:
    postgres_check(const instruments& with, const policy::check_policy& rules)
        : with_{with}, rules_{rules} {}

    [[nodiscard]] runtime::task<std::optional<finding>> attempt(runtime::scope& under) override;

  private:
    [[nodiscard]] runtime::task<std::optional<finding>> ask_version(
        database_probe& of, runtime::scope& under
    );
    [[nodiscard]] runtime::task<std::optional<finding>> ask_lag(
        database_probe& of, runtime::scope& under
    );
    [[nodiscard]] runtime::task<std::optional<finding>> ask_room(
        database_probe& of, runtime::scope& under
    );

    instruments with_;
    const policy::check_policy& rules_;
};

}  // namespace curfew::preflight
