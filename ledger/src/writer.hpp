#pragma once

#include "batch.hpp"
#include "keeper.hpp"
#include "recorder.hpp"
#include "sampler.hpp"
#include "wall_anchor.hpp"
#include <curfew/ledger/ledger.hpp>

#include <array>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace curfew::ledger {

/// Empties the rings, adds up, samples, and writes when it is time: what the ledger's thread does,
/// without the thread. Told the time. Thread rule: one thread.
class writer {
  public:
    static constexpr duration drain_every = std::chrono::milliseconds{200};
    static constexpr duration write_every = std::chrono::seconds{1};
    static constexpr duration spool_every = std::chrono::seconds{5};
    static constexpr duration trim_every = std::chrono::seconds{10};
    /// Of a process that does nothing: what others left in the spool, and what grows old.
    static constexpr duration rest_most = std::chrono::minutes{1};

    /// `waits`: how a database is waited for; it outlives this.
    writer(
        const settings& how,
        std::function<void(std::string_view)> tell,
        const postgres_waiting& waits
    );

    void take_mark(mark what);

    /// Whether all that was told so far is written.
    bool step(time_point now, wall_time wall, std::span<recorder* const> from);

    /// While a step waits for a database, somewhere below it: what comes is drained and heard, and
    /// from a second on it goes to the disk.
    void meanwhile(time_point now, wall_time wall, std::span<recorder* const> from);

    /// The last step: writes even if it is not time yet.
    bool finish(time_point now, wall_time wall, std::span<recorder* const> from);

    /// For how long there is nothing to do, unless somebody tells something: while events come, a
    /// moment; then until what waits may be written; and when nothing waits, for long.
    [[nodiscard]] duration rest(time_point now) const noexcept;

    [[nodiscard]] status state() const;

  private:
    using drops = std::array<std::uint64_t, recorder::outcomes>;

    void drain(recorder& from, time_point now, wall_time wall);
    void take(std::span<const std::byte> bytes, time_point now);
    void keep(const event& what, time_point now);
    void count_drops(const recorder& of);
    void drain_all(time_point now, wall_time wall, std::span<recorder* const> from);
    bool put_by(time_point now, wall_time wall);
    bool write(time_point now, wall_time wall);
    void trim(time_point now, wall_time wall);

    const bool keeps_;  ///< a file; else it only passes on what it drains
    std::uint32_t success_rows_;
    std::vector<listener*> listeners_;
    keeper keeper_;
    batch batch_;
    sampler sampler_;
    std::optional<wall_anchor> anchor_;
    unpacked_event unpacked_;
    std::unordered_map<const recorder*, drops> drops_seen_;
    time_point write_at_ = time_point::min();
    time_point spool_at_ = time_point::min();
    time_point trim_at_ = time_point::min();
    time_point put_by_at_ = time_point::min();
    std::uint64_t rows_since_trim_ = 0;
    std::uint64_t dropped_ = 0;
    bool busy_ = false;  ///< the last step found something in the rings
    fates written_{};
    bool stopped_ = false;
};

}  // namespace curfew::ledger
