#pragma once

#include <curfew/ledger/records.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::ledger {

/// The disk beside a ledger in a database: a batch that cannot be sent waits here under its name,
/// whole or not at all, also after a power failure, until whoever reaches the database takes it
/// over (spool_merge.hpp). Who uses the same directory shares it.
/// Thread rule: one thread at a time.
class outbox {
  public:
    /// `base` is what its files begin with; their directory need not be there yet. What
    /// processes that are gone had only begun to write is removed.
    outbox(std::string base, std::uint64_t bytes_max);

    /// A name that no batch had or will have, here or on any other machine; names of one outbox
    /// are in their order.
    [[nodiscard]] std::string next_name(wall_time now);

    /// Whether it is kept now: it waits for the disk. Never more than `bytes_max` in all, with
    /// what others are writing.
    [[nodiscard]] bool put(std::string_view name, std::string_view frame);

    void remove(std::string_view name);

    /// Counts again what waits: others add to it, and take from it.
    void look();

    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  private:
    [[nodiscard]] std::string path_of(std::string_view name) const;

    std::string base_;
    std::uint64_t bytes_max_;
    std::uint64_t token_;
    std::uint64_t number_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t count_ = 0;
};

/// What was put aside at `base` and not taken over yet, oldest first.
[[nodiscard]] std::vector<std::string> left_over(const std::string& base);

}  // namespace curfew::ledger
