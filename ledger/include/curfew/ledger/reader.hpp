#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/core/failure.hpp>
#include <curfew/ledger/place.hpp>
#include <curfew/ledger/records.hpp>
#include <curfew/ledger/setback.hpp>

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace curfew::ledger {

/// From `from` up to `to`, which is outside; whole minutes.
struct range {
    wall_time from = wall_time::min();
    wall_time to = wall_time::max();
};

/// Which series; what is left out is any.
struct filter {
    range when{};
    std::optional<surface> where{};
    std::string name{};
    std::optional<outcome> ended{};
};

/// The figures of one series in one minute, while it is visited.
class minute_figures {
  public:
    explicit minute_figures(const class sparse_figures& of) noexcept : of_{&of} {}

    [[nodiscard]] std::uint64_t count() const noexcept;
    [[nodiscard]] std::uint64_t near_misses() const noexcept;
    /// How long they took in all, and how much of that in one stage.
    [[nodiscard]] duration sum() const noexcept;
    [[nodiscard]] duration spent(stage in) const noexcept;
    /// Merging is adding: any number of minutes and series make one `figures`.
    void add_to(figures& sum) const noexcept;

  private:
    const sparse_figures* of_;
};

/// One series over the whole range.
struct series_figures {
    series what;
    figures sums;
};

/// How far back the ledger goes: what is older was deleted, for its age or for the size cap.
struct coverage {
    std::optional<wall_time> first_row;
    std::optional<wall_time> first_minute;
    std::optional<wall_time> last_minute;
    std::uint64_t file_bytes = 0;
};

/// Answers questions about what happened, while others write. Every query sees one state of the
/// ledger; nothing is ever changed by reading, and a damaged file is not set aside here.
///
/// Figures come from the minutes, in which every operation is counted: they are exact, whatever
/// was sampled. Rows are all operations that were no plain success, and a sample of those that
/// were (`kept_operation::one_in`).
///
/// Errors: `io_error` (there is none, it cannot be read), `ledger_corrupt`, `ledger_foreign`,
/// `ledger_newer`: its version is, or a newer Curfew that shares the file told of something this
/// one has no name for. Figures without it would not be exact, so there are none.
/// Thread rule: one thread at a time.
class reader {
  public:
    /// Also reads a ledger on a read-only file system or in a directory that must not be written.
    [[nodiscard]] static result<reader> open(const std::string& path);

    /// One in a database. Each question ends within the limits of its place. `not_found`: the
    /// database has none. `time` outlives it.
    [[nodiscard]] static std::expected<reader, setback> open(
        const database_place& where, const clock& time
    );

    reader(reader&&) noexcept;
    reader& operator=(reader&&) noexcept;
    ~reader();

    /// Calls `visit` for every minute and series in the range, oldest minute first.
    using visitor = std::function<void(minute, const series&, const minute_figures&)>;
    [[nodiscard]] result<> each_minute(const filter& which, const visitor& visit);

    /// The same summed up, one entry a series, ordered by it.
    [[nodiscard]] result<std::vector<series_figures>> sum(const filter& which);

    /// Rows, the newest minutes first, at most `most`.
    [[nodiscard]] result<std::vector<kept_operation>> operations(
        const filter& which, bool plain_successes, std::size_t most
    );

    /// All rows of a trace, oldest first: one a process it went through; at most 1000.
    [[nodiscard]] result<std::vector<kept_operation>> find(
        std::uint64_t trace_high, std::uint64_t trace_low
    );

    /// Oldest first, the newest 10 000 each.
    [[nodiscard]] result<std::vector<mark>> marks(const range& when);
    [[nodiscard]] result<std::vector<instance>> instances(const range& when);

    /// The process of that id (kept_operation::instance).
    [[nodiscard]] result<std::optional<instance>> find_instance(std::int64_t id);

    /// What became of operations: sampled, dropped, deleted. The minute is that of the writing.
    [[nodiscard]] result<fates> what_became(const range& when);

    [[nodiscard]] result<coverage> covers();

    /// What a database said when a question failed; empty where a file did.
    [[nodiscard]] std::string reason() const;

  private:
    struct connection;
    explicit reader(std::unique_ptr<connection> on) noexcept;

    std::unique_ptr<connection> on_;
};

}  // namespace curfew::ledger
