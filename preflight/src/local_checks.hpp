#pragma once

#include <curfew/preflight/check.hpp>
#include <curfew/process/machine_sampler.hpp>
#include <curfew/runtime/aside.hpp>

#include <cstdint>

namespace curfew::preflight {

/// A command ends with 0.
class command_check final : public check {
  public:
    command_check(const instruments& with, const policy::check_policy& rules)
        : with_{with}, rules_{rules} {}

    [[nodiscard]] runtime::task<std::optional<finding>> attempt(runtime::scope& under) override;

  private:
    instruments with_;
    const policy::check_policy& rules_;
};

/// A file system takes a file, and has room. One that hangs keeps one thread of ours, however often
/// it is looked at.
class disk_check final : public check {
  public:
    explicit disk_check(const policy::check_policy& rules) : rules_{rules} {}

    [[nodiscard]] runtime::task<std::optional<finding>> attempt(runtime::scope& under) override;

  private:
    using looking = runtime::aside<std::optional<finding>>;

    const policy::check_policy& rules_;
    std::shared_ptr<looking> under_way_;
};

/// There is memory to be had.
class memory_check final : public check {
  public:
    explicit memory_check(const policy::check_policy& rules) : rules_{rules} {}

    [[nodiscard]] runtime::task<std::optional<finding>> attempt(runtime::scope& under) override;

  private:
    const policy::check_policy& rules_;
    process::machine_sampler sampler_;
};

/// The wall clock is kept right (adjtimex), and shows no year before 2025.
class clock_check final : public check {
  public:
    [[nodiscard]] runtime::task<std::optional<finding>> attempt(runtime::scope& under) override;
};

}  // namespace curfew::preflight
