#pragma once

#include "scenario.hpp"
#include <curfew/load/recorder.hpp>
#include <curfew/load/validity.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace curfew::demo {

/// When the faults really happened, since the start of the run.
struct fault_times {
    duration hang_on{};
    duration hang_off{};
    duration crash{};
};

/// What the shop's control port told: whether the faults were more than an intention.
struct fault_evidence {
    std::uint64_t trapped = 0;  ///< calls that the hang caught
    bool crashed = false;       ///< the process that was told to crash was gone
    std::int64_t pid_before = 0;
    std::int64_t pid_after = 0;  ///< 0: nobody there at the end

    [[nodiscard]] bool fired() const noexcept { return trapped > 0 && crashed; }
};

/// Keeps each sample besides recording it: some 5 000 of them, so that each claim is computed from
/// the raw evidence.
class evidence_log final : public load::sample_sink {
  public:
    explicit evidence_log(load::recorder& into) noexcept : recorder_{into} {}

    void record(const load::sample& what) noexcept override {
        samples_.push_back(what);
        succeeded_ += what.error == load::error_category::none ? 1 : 0;
        recorder_.record(what);
    }

    [[nodiscard]] std::uint64_t succeeded() const noexcept { return succeeded_; }

    [[nodiscard]] const std::vector<load::sample>& samples() const noexcept { return samples_; }

  private:
    load::recorder& recorder_;
    std::vector<load::sample> samples_;
    std::uint64_t succeeded_ = 0;
};

/// One run of the scenario. The scenario outlives it.
struct arm_result {
    std::string name;  ///< "direct", "curfew"
    time_point start{};
    std::unique_ptr<load::recorder> recorder;
    std::vector<load::sample> samples;
    fault_times at;
    fault_evidence faults;
    load::generator_evidence generator;
    load::validity validity;
    std::size_t in_flight_peak = 0;
    bool priority_raised = false;  ///< the generator's thread was allowed to go first
};

}  // namespace curfew::demo
