#pragma once

#include "batch.hpp"
#include "outbox.hpp"
#include "store.hpp"
#include <curfew/ledger/records.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace curfew::ledger {

/// What becomes of a batch that is for a database. It gets a name when it is taken, and keeps it:
/// on its way to the database, on the disk if it does not get there, and when it is told again. So
/// nothing is lost while nobody knows whether it arrived, and nothing counts twice. What can be
/// neither sent nor put on the disk stays in memory, and nothing more is taken until it is settled.
/// Thread rule: one thread.
class dispatch {
  public:
    dispatch(std::string base, std::uint64_t bytes_max, std::string version);

    /// Takes over all of `what`, which is empty then; `is_settled()` before.
    void take(batch& what, wall_time wall);

    /// The last batch of all, with or without something in it.
    void take_last(wall_time wall);

    /// Nothing is on its way.
    [[nodiscard]] bool is_settled() const noexcept { return !under_way_; }

    /// What is on its way, and under which label.
    [[nodiscard]] const batch& on_its_way() const noexcept { return sent_; }

    [[nodiscard]] label label_of() const noexcept { return {name_, &by_, last_, over_}; }

    [[nodiscard]] wall_time sealed_at() const noexcept { return sealed_at_; }

    /// It is in the database.
    void arrived();

    /// It is not, or nobody knows: it waits on the disk, if that takes it. Whether it is settled.
    bool put_by();

    /// It may take long: the disk has it as well, so that it outlives this process.
    void secure();

    /// Straight to the disk, beside what is on its way. Whether it took all of `what`.
    bool put_by(batch& what, wall_time wall);

    [[nodiscard]] outbox& waiting() noexcept { return waiting_; }

    [[nodiscard]] const outbox& waiting() const noexcept { return waiting_; }

  private:
    void begin(wall_time wall);

    author by_;
    outbox waiting_;
    batch sent_;
    std::string name_;
    std::string over_;  // the name of one that arrived and was never on the disk
    wall_time sealed_at_{};
    bool under_way_ = false;
    bool last_ = false;
    bool secured_ = false;
};

}  // namespace curfew::ledger
