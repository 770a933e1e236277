#pragma once

#include <curfew/core/event.hpp>
#include <curfew/ledger/place.hpp>
#include <curfew/ledger/records.hpp>
#include <curfew/policy/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace curfew::ledger {

/// Hears everything that is recorded while it happens, whatever becomes of the file: what live
/// views and alerts are made of. Called on the ledger's thread, never after `ledger::stop` has
/// returned. It must be quick and must not wait: until it returns, nothing is written.
class listener {
  public:
    virtual ~listener() = default;

    /// One event that a sink took, at most a fifth of a second later while the file can be
    /// written. The events of one sink come in their order, those of several in pieces. `what` and
    /// its texts live as long as the call; `ended` is its end as the wall showed it, for display.
    /// Events that a full ring dropped are not heard, and those of other processes neither.
    virtual void heard(const event& what, wall_time ended) noexcept = 0;

    /// All that waited was heard. `dropped`: by full rings, since the beginning.
    virtual void drained(time_point now, std::uint64_t dropped) noexcept = 0;

    /// Whether it wants to hear anything now, for who would record for its sake alone. Any thread.
    [[nodiscard]] virtual bool attentive() const noexcept { return true; }
};

struct settings {
    /// The file; its directory is made (place.hpp). Empty: none is kept, no disk is touched, and
    /// what is recorded is heard by the listeners alone.
    std::string path;
    policy::ledger_policy rules{};  ///< size, ages, sampling; `enabled` and `path` are the caller's
    std::string version{};          ///< of this program, shown with its instance
    /// Of each sink, a power of two. 4 MiB hold about 25 000 events: two seconds of 10 000 a
    /// second, for which the disk may be stuck before events are dropped.
    std::size_t ring_bytes = std::size_t{4} << 20;
    /// From how large a write-ahead log on it is told, once until it is small again: it is beyond
    /// the size cap, and grows while somebody keeps the file open in a transaction.
    std::uint64_t wal_told_bytes = std::uint64_t{64} << 20;
    std::string vfs{};  ///< of SQLite; empty: the usual one
    /// They outlive the ledger, or its `stop`. None: nothing is spent on it.
    std::vector<listener*> listeners{};
    /// It is kept there, and `path` is what its files on this machine begin with.
    std::optional<database_place> database{};
};

/// The clocks, read by the writer's thread alone; copies of them may outlive the ledger.
struct times {
    std::function<time_point()> now;  ///< the timeline of the events
    std::function<wall_time()> wall;  ///< for display
};

/// How it goes, for people and for the admin listener.
struct status {
    enum class condition : std::uint8_t {
        opening,  ///< nothing was written yet
        storing,
        failing,  ///< it cannot be written now; tried again with growing pauses, at most a minute
        stopped,
    };

    condition is = condition::opening;
    bool in_database = false;
    std::string path;    ///< or where in a database, without any secret
    failure why{};       ///< while failing
    std::string reason;  ///< the same in words
    wall_time failing_since{};
    wall_time last_written{};
    std::string set_aside;                  ///< where a damaged file went; empty: there was none
    std::uint64_t file_bytes = 0;           ///< without the write-ahead log
    std::uint64_t wal_bytes = 0;            ///< the write-ahead log, which no cap bounds
    std::uint32_t success_rows_one_in = 1;  ///< the sampling of plain successes now
    std::size_t rows_waiting = 0;
    std::uint64_t spooled_batches = 0;  ///< on this disk, for a database that could not be reached
    std::uint64_t spooled_bytes = 0;
    fates so_far{};  ///< of this process; row_kept: written, or still waiting
};

[[nodiscard]] std::string_view to_string(status::condition what) noexcept;

/// The durable record of operations. Each thread that tells events has a sink of its own, which
/// copies an event into a ring (about 60 ns, no lock, no allocation); one thread of the ledger
/// empties the rings five times a second, adds every event to the figures of its minute, keeps a
/// row of all that is no plain success and of some that are, and writes once a second. When no
/// events come it sleeps, and looks once a minute for what grows old; the next event wakes it (a
/// system call, the only one).
///
/// Whatever happens to the file (full disk, no permission, damage, a newer version, another
/// process), events are taken: figures wait in memory and stay exact, rows wait as far as there is
/// room, what does not fit is counted, and it is said once. A damaged file is set aside under a
/// name that says so and a new one is begun; a newer or a foreign one is not touched.
///
///     ledger::ledger book{{path, rules.ledger, version}, {now, wall}, say};
///     worker.events = &book.sink();   // one for each thread
///     ...
///     book.stop(2s);                  // after the last event
///
/// Thread rule: one thread, but `state` and `mark` from any.
class ledger {
  public:
    /// Begins at once; never fails. `tell` gets a sentence when something about the file changes,
    /// on the ledger's thread, never after `stop` has returned, and must not wait.
    ledger(const settings& how, times clocks, std::function<void(std::string_view)> tell);
    ledger(const ledger&) = delete;
    ledger& operator=(const ledger&) = delete;
    /// Stops with 200 ms of patience.
    ~ledger();

    /// A new sink for one thread, for as long as the ledger is there. At most 1024. `ring_bytes`:
    /// of its ring, a power of two from 4 KiB; zero: as in the settings.
    [[nodiscard]] event_sink& sink(std::size_t ring_bytes = 0);

    /// "v1.4 deployed", now.
    void mark(std::string text);

    [[nodiscard]] status state() const;

    /// Writes what there is and ends, in at most `patience`: a disk that hangs longer is left
    /// alone. Whether all of it was written. Nothing that is told after it is kept.
    bool stop(duration patience);

  private:
    struct shared;
    std::shared_ptr<shared> shared_;
    std::thread thread_;
};

}  // namespace curfew::ledger
