#pragma once

#include "batch.hpp"
#include "dispatch.hpp"
#include "postgres_link.hpp"
#include "sqlite_store.hpp"
#include "store.hpp"
#include <curfew/ledger/ledger.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string_view>

namespace curfew::ledger {

/// Has a store whenever there can be one: opens it, tries again with growing pauses, sets a damaged
/// file aside, notices a file that was moved away, and says once what is wrong and when it is over.
/// Of a ledger in a database, it has a dispatch that keeps on disk what cannot be sent.
/// Thread rule: one thread.
class keeper {
  public:
    static constexpr duration pause_min = std::chrono::milliseconds{500};
    static constexpr duration pause_max = std::chrono::minutes{1};
    /// Another process holds the lock: nothing to talk about before it lasts so long.
    static constexpr duration busy_patience = std::chrono::seconds{10};
    /// A second damaged file within this time is left where it is: something else is wrong.
    static constexpr duration set_aside_pause = std::chrono::minutes{10};

    /// `waits`: how a database is waited for; it outlives this. What it calls meanwhile may call
    /// `meanwhile`, and nothing else here.
    keeper(
        const settings& how,
        std::function<void(std::string_view)> tell,
        const postgres_waiting& waits
    );

    /// Whether an attempt is due.
    [[nodiscard]] bool may_try(time_point now) const noexcept { return now >= try_at_; }

    /// When an attempt is due.
    [[nodiscard]] time_point try_at() const noexcept { return try_at_; }

    /// The next attempt need not wait: there will be no other.
    void hurry() noexcept { try_at_ = time_point::min(); }

    /// Takes over all of `what`, which is empty then, or nothing and it is tried again later. What
    /// is lost meanwhile is told by `what` itself. A file has it then; a database too, or the disk
    /// that waits for it.
    bool take(batch& what, time_point now, wall_time wall);

    /// Whether a database is waited for at this moment, somewhere below the caller.
    [[nodiscard]] bool is_waiting() const noexcept { return waiting_; }

    /// Of a database that lets us wait: what is on its way and what came meanwhile goes to the
    /// disk. Whether it took over all of `came`.
    bool put_by(batch& came, wall_time wall);

    /// Whether something is kept here that is neither in the store nor on a disk.
    [[nodiscard]] bool is_settled() const noexcept { return !dispatch_ || dispatch_->is_settled(); }

    /// Whether `take` works however the store is.
    [[nodiscard]] bool always_takes() const noexcept { return dispatch_.has_value(); }

    /// Whether batches lie on the disk until the database can be reached.
    [[nodiscard]] bool has_spooled() const noexcept {
        return dispatch_ && dispatch_->waiting().count() > 0;
    }

    /// Whether the last writing made the file larger than it may be.
    [[nodiscard]] bool exceeds_cap() const noexcept { return file_bytes_ > how_.rules.size_max; }

    /// Takes over what short-lived commands left, and what waited for the database. Nothing: it did
    /// not work; else whether there is more.
    std::optional<bool> merge_spool(time_point now, wall_time wall);

    /// Deletes what is too old or too much; counts it in `told`.
    bool trim(batch& told, time_point now, wall_time wall, wall_time by_age, std::uint64_t most);

    void say_goodbye(time_point now, wall_time wall);

    void describe(status& to) const;

  private:
    bool ready(time_point now, wall_time wall);
    [[nodiscard]] bool open(time_point now, wall_time wall);
    [[nodiscard]] result<> open_file(time_point now, wall_time wall);
    [[nodiscard]] std::expected<void, setback> open_database();
    bool send(time_point now, wall_time wall);
    bool note(const result<>& done, time_point now, wall_time wall);
    void failed(setback why, time_point now, wall_time wall);
    void worked(wall_time wall);
    void measure();
    void complain(const setback& why, time_point now);
    [[nodiscard]] std::string reason() const;
    /// `now` after a wait; its timeline need not be that of `waits_`.
    [[nodiscard]] time_point later(time_point now) const;
    template <class F>
    auto while_waiting(F&& work);

    const settings how_;
    const std::function<void(std::string_view)> tell_;
    const std::string shown_;
    const postgres_waiting& waits_;
    std::unique_ptr<store> store_;
    sqlite_store* file_ = nullptr;       ///< the same, if it is one
    sqlite_store::registration before_;  ///< as whom the last one wrote
    std::optional<dispatch> dispatch_;   ///< of a ledger in a database
    bool waiting_ = false;
    duration waited_{};  ///< the last time, by the clock of sockets
    std::minstd_rand jitter_{std::random_device{}()};
    time_point try_at_ = time_point::min();
    duration pause_ = pause_min;
    std::optional<setback> failing_;
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
