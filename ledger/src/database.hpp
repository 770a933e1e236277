#pragma once

#include "row.hpp"
#include <curfew/core/clock.hpp>
#include <curfew/core/failure.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace curfew::ledger {

/// What SQLite's result code means: a damaged file is `ledger_corrupt`, one that is no database
/// is too, all else `io_error`; `detail` is the (extended) code.
[[nodiscard]] failure failure_of(int code) noexcept;

/// Another connection holds a lock; the same may succeed in a moment.
[[nodiscard]] bool is_busy(failure what) noexcept;

/// The file, or what SQLite wants to put beside it, may not be opened or written.
[[nodiscard]] bool is_no_access(failure what) noexcept;
[[nodiscard]] failure no_access() noexcept;

/// "disk I/O error", "database or disk is full": SQLite's words for a failure of ours.
[[nodiscard]] std::string_view reason_of(failure what) noexcept;

/// A prepared statement; parameters are numbered from 1, columns from 0.
/// Thread rule, for all of this file: one thread at a time.
class statement final : public row {
  public:
    statement() noexcept = default;

    statement& bind(int at, std::int64_t value) noexcept;
    /// Texts and blobs are not copied: they must live until the next `reset`.
    statement& bind_text(int at, std::string_view value) noexcept;
    statement& bind_blob(int at, std::string_view value) noexcept;

    /// True while there is a row.
    [[nodiscard]] result<bool> step() noexcept;

    /// Runs a statement that answers nothing, and makes it ready for the next time.
    [[nodiscard]] result<> run() noexcept;

    void reset() noexcept;

    [[nodiscard]] std::int64_t number(int column) const noexcept override;
    [[nodiscard]] std::string_view text(int column) const noexcept override;
    [[nodiscard]] std::string_view blob(int column) const noexcept override;

  private:
    friend class database;

    struct finalizer {
        void operator()(sqlite3_stmt* of) const noexcept;
    };

    std::unique_ptr<sqlite3_stmt, finalizer> of_;
};

/// A connection to a SQLite file.
class database {
  public:
    enum class access : std::uint8_t { write, read, immutable };

    struct options {
        access how = access::write;
        duration busy = std::chrono::milliseconds{250};  ///< how long a lock may be waited for
        std::string vfs{};                               ///< empty: the usual one
    };

    [[nodiscard]] static result<database> open(const std::string& path, const options& how);

    [[nodiscard]] result<> run(const char* sql) noexcept;
    [[nodiscard]] result<statement> prepare(std::string_view sql) noexcept;
    /// The first column of the first row; zero if there is none.
    [[nodiscard]] result<std::int64_t> number(std::string_view sql) noexcept;

    [[nodiscard]] std::int64_t last_id() const noexcept;
    [[nodiscard]] std::int64_t changed() const noexcept;

    [[nodiscard]] sqlite3* handle() const noexcept { return of_.get(); }

  private:
    struct closer {
        void operator()(sqlite3* of) const noexcept;
    };

    std::unique_ptr<sqlite3, closer> of_;
};

/// Rolls back unless it is committed.
class transaction {
  public:
    /// Takes the write lock at once.
    [[nodiscard]] static result<transaction> begin(database& of) noexcept;

    transaction(transaction&& other) noexcept : of_{std::exchange(other.of_, nullptr)} {}

    transaction& operator=(transaction&&) = delete;
    ~transaction();

    [[nodiscard]] result<> commit() noexcept;

  private:
    explicit transaction(database& of) noexcept : of_{&of} {}

    database* of_;
};

}  // namespace curfew::ledger
