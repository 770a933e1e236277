#pragma once

#include <curfew/core/clock.hpp>

#include <array>
#include <cstddef>
#include <optional>

namespace curfew::gateway {

/// Finds out whether an upstream's idle connections stand in its own way: some servers give each
/// connection a worker for as long as it is open, so the idle ones that we keep hold workers, and a
/// fresh connection waits, accepted by the kernel, until one of them ends.
///
/// Proof by experiment. When a request on a fresh connection has waited for its answer for
/// patience(), all idle connections are let go, and for a moment none is kept: a *trial*. If the
/// answer then comes at once, within a third of the patience, that speaks for pinning. An answer
/// that comes later, or by itself beside idle connections after more than the shortest patience,
/// speaks against it, and makes the patience twice as long; so slow answers are soon left in peace.
/// Three trials in a row that speak for it are the proof: each has another patience, so that no
/// usual time fits them all by chance. The proof holds for ten minutes; then one more such trial
/// renews it.
///
/// A server that is wrongly found guilty is served by a fresh connection for each request, nothing
/// worse. A guilty one is slow for its patience, three times in ten minutes.
///
/// Told the time; no lock.
class pin_trial {
  public:
    static constexpr duration first_patience = std::chrono::milliseconds{250};
    static constexpr duration longest_patience = std::chrono::seconds{8};
    static constexpr duration proof_holds = std::chrono::minutes{10};
    static constexpr std::size_t proofs = 3;

    /// How long a request on a fresh connection waits before it may begin a trial.
    [[nodiscard]] duration patience() const noexcept {
        return patience_ * quarters[for_it_ < proofs ? for_it_ : proofs - 1] / 4;
    }

    /// What counts as at once, and how long a trial lasts.
    [[nodiscard]] duration at_once() const noexcept { return patience() / 3; }

    /// Somebody has waited for so long. False when that is too soon after the last trial.
    [[nodiscard]] bool begin(time_point now) noexcept;

    /// The answer that the last trial was for came so long after it; nothing: it never came.
    void end(std::optional<duration> answered_after, time_point now) noexcept;

    /// An answer took that long on a fresh connection, without a trial, beside idle connections.
    void answered(duration took) noexcept;

    /// Until when no idle connection should be kept.
    [[nodiscard]] time_point pins_until() const noexcept { return pins_until_; }

  private:
    static constexpr std::array<int, proofs> quarters{4, 8, 6};

    void speaks_against() noexcept;

    duration patience_ = first_patience;
    std::size_t for_it_ = 0;
    time_point next_ = time_point::min();
    time_point pins_until_ = time_point::min();
};

}  // namespace curfew::gateway
