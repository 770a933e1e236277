#pragma once

#include "batch.hpp"
#include "store.hpp"
#include <curfew/ledger/ledger.hpp>

#include <functional>
#include <optional>
#include <string_view>

namespace curfew::ledger {

/// Has a store whenever there can be one: opens it, tries again with growing pauses, sets a damaged
/// file aside, notices a file that was moved away, and says once what is wrong and when it is over.
/// Thread rule: one thread.
class keeper {
  public:
    static constexpr duration pause_min = std::chrono::milliseconds{500};
    static constexpr duration pause_max = std::chrono::minutes{1};
    /// Another process holds the lock: nothing to talk about before it lasts so long.
    static constexpr duration busy_patience = std::chrono::seconds{10};
    /// A second damaged file within this time is left where it is: something else is wrong.
    static constexpr duration set_aside_pause = std::chrono::minutes{10};

    keeper(const settings& how, std::function<void(std::string_view)> tell);

    /// Whether an attempt is due.
    [[nodiscard]] bool may_try(time_point now) const noexcept { return now >= try_at_; }

    /// When an attempt is due.
    [[nodiscard]] time_point try_at() const noexcept { return try_at_; }

    /// The next attempt need not wait: there will be no other.
    void hurry() noexcept { try_at_ = time_point::min(); }

    /// Writes all of `what`, or nothing and it is tried again later. What is lost meanwhile is told
    /// by `what` itself.
    bool write(const batch& what, time_point now, wall_time wall);

    /// Whether the last writing made the file larger than it may be.
    [[nodiscard]] bool exceeds_cap() const noexcept { return file_bytes_ > how_.rules.size_max; }

    /// Takes over what short-lived commands left.
    bool merge_spool(time_point now, wall_time wall);

    /// Deletes what is too old or too much; counts it in `told`.
    bool trim(batch& told, time_point now, wall_time wall, wall_time by_age, std::uint64_t most);

    void say_goodbye(wall_time wall);

    void describe(status& to) const;

  private:
    bool ready(time_point now, wall_time wall);
    [[nodiscard]] result<> open(time_point now, wall_time wall);
    bool note(const result<>& done, time_point now, wall_time wall);
    void failed(failure why, time_point now, wall_time wall);
    void worked(wall_time wall);
    void measure();
    void complain(failure why, time_point now);

    const settings how_;
    const std::function<void(std::string_view)> tell_;
    std::optional<store> store_;
    store::registration before_;  ///< as whom the last one wrote
    time_point try_at_ = time_point::min();
    duration pause_ = pause_min;
    std::optional<failure> failing_;
    time_point failing_from_{};
    wall_time failing_since_{};
    std::optional<errc> told_;
    std::optional<time_point> told_at_;
    std::optional<time_point> set_aside_at_;
    std::optional<time_point> missed_at_;  ///< that the file was gone was told last
    bool damaged_ = false;                 ///< as its last use has shown
    std::string set_aside_;
    wall_time last_written_{};
    std::uint64_t file_bytes_ = 0;
    std::uint64_t wal_bytes_ = 0;
    bool wal_told_ = false;
};

}  // namespace curfew::ledger
