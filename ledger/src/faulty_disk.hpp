#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace curfew::ledger {

/// A disk that does what a test says: a SQLite VFS over the usual one, in which every operation
/// that changes a file (write, sync, truncate, delete, create) asks `before` first.
/// One at a time. Thread rule: one thread.
class faulty_disk {
  public:
    faulty_disk();
    faulty_disk(const faulty_disk&) = delete;
    faulty_disk& operator=(const faulty_disk&) = delete;
    ~faulty_disk();

    /// The name to open databases with.
    [[nodiscard]] std::string name() const { return "curfew-faulty"; }

    /// SQLITE_OK lets the operation through; anything else is its result. `half` of a write may be
    /// done before it fails: see `tear`.
    std::function<int(std::uint64_t operation)> before;

    /// After a sync that went well.
    std::function<void()> on_sync;

    /// A failing write has written its first half.
    bool tear = false;

    [[nodiscard]] std::uint64_t operations() const noexcept { return operations_; }

    int ask() { return before ? before(operations_++) : (++operations_, SQLITE_OK); }

  private:
    std::uint64_t operations_ = 0;
    sqlite3_vfs vfs_{};
};

}  // namespace curfew::ledger
