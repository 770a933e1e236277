#pragma once

#include "batch.hpp"
#include "file_identity.hpp"
#include <curfew/ledger/setback.hpp>
#include <curfew/policy/policy.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace curfew::ledger {

/// A process that records, as it is known wherever what it recorded goes.
struct author {
    std::int64_t process = 0;
    std::string version;
    wall_time started{};
};

/// What a batch is written under.
struct label {
    /// Kept with the batch, in the same transaction, so that it is never added twice: then nothing
    /// is written, and that is a success. Empty: it cannot be told twice.
    std::string_view name{};
    /// Whose it is; nobody's: short-lived commands told it, who are no instance.
    const author* by = nullptr;
    bool stopped = false;  ///< it is the last of its author, who stopped in order
    /// The name of a batch that surely is there and that nobody can tell again: forgotten.
    std::string_view over{};
};

/// Where a ledger is kept, open for writing: the two that there are carry out what `keeper`
/// decides. Thread rule: one thread at a time.
class store {
  public:
    virtual ~store() = default;

    /// All of it in one transaction, or nothing; after a failure it may be either.
    [[nodiscard]] virtual result<> write(const batch& what, wall_time now, const label& as) = 0;

    struct trimmed {
        std::uint64_t rows_expired = 0;
        std::uint64_t minutes_expired = 0;
        std::uint64_t rows_trimmed = 0;
        std::uint64_t minutes_trimmed = 0;
        /// Why pages that became free could not be given back. What was deleted is deleted.
        std::optional<failure> pages_kept{};
    };

    /// Deletes what is too old, and of what is too much the oldest (rows before minutes), at most
    /// about `most` of each.
    [[nodiscard]] virtual result<trimmed> trim(
        const policy::ledger_policy& rules, wall_time now, std::uint64_t most
    ) = 0;

    /// The last word of this instance: it stopped in order.
    [[nodiscard]] virtual result<> say_goodbye(wall_time now) = 0;

    /// How much of `ledger.size_max` it takes.
    [[nodiscard]] virtual result<std::uint64_t> bytes() = 0;

    /// What is beyond that: a write-ahead log.
    [[nodiscard]] virtual std::uint64_t wal_bytes() const noexcept { return 0; }

    /// Whether its place still names what is open.
    [[nodiscard]] virtual bool in_place() const noexcept { return true; }

    /// The last failure in words, where it has better ones than reason_of.
    [[nodiscard]] virtual setback explain(failure why) const { return {why}; }

  protected:
    store() = default;
    store(const store&) = default;
    store(store&&) = default;
    store& operator=(const store&) = default;
    store& operator=(store&&) = default;
};

}  // namespace curfew::ledger
