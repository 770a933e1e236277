#pragma once

#include "database.hpp"
#include "store.hpp"
#include "trim.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::ledger {

/// The ledger's file, open for writing. SQLite in WAL mode with synchronous=NORMAL: what a
/// transaction wrote survives a killed process whole or not at all; a power failure may take the
/// last seconds, and nothing else. Several processes may write one file.
/// Thread rule: one thread at a time.
class sqlite_store final : public store, private trimmer {
  public:
    /// Opens, makes or upgrades it. Nothing is ever set aside or overwritten here.
    [[nodiscard]] static result<sqlite_store> open(
        const std::string& path, std::string_view version, const std::string& vfs = {}
    );

    /// Who writes nothing but spools is no instance, and their rows have none.
    [[nodiscard]] result<> write(const batch& what, wall_time now, const label& as) override;

    /// This process as it stands in one file.
    struct registration {
        std::optional<file_identity> file;
        std::int64_t instance = 0;  ///< zero: not yet
    };

    [[nodiscard]] registration registered() const noexcept { return {identity_, instance_}; }

    /// Goes on as who it was before, if that was in this very file.
    void resume(const registration& before) noexcept;

    [[nodiscard]] result<> say_goodbye(wall_time now) override;

    /// Then gives pages back to the system, a few at a time.
    [[nodiscard]] result<trimmed> trim(
        const policy::ledger_policy& rules, wall_time now, std::uint64_t most
    ) override;

    /// The file without its write-ahead log.
    [[nodiscard]] result<std::uint64_t> bytes() override;

    /// Its write-ahead log. It is used again from its beginning when all of it is in the file, for
    /// which nobody may be reading what is older.
    [[nodiscard]] std::uint64_t wal_bytes() const noexcept override;

    /// Whether `path` still names the file that is open.
    [[nodiscard]] bool in_place() const noexcept override;

  private:
    struct statements {
        statement insert_series;
        statement find_series;
        statement insert_instance;
        statement touch_instance;
        statement add_minute;
        statement insert_operation;
        statement insert_mark;
        statement add_fate;
        statement insert_spool;
    };

    [[nodiscard]] result<> prepare_all();
    [[nodiscard]] result<> write_all(const batch& what, wall_time now);
    [[nodiscard]] result<> register_instance(wall_time now);
    [[nodiscard]] result<std::int64_t> id_of(const batch& in, batch::series_index which);
    [[nodiscard]] result<> write_minutes(const batch& what);
    [[nodiscard]] result<> write_rows(const batch& what);
    [[nodiscard]] result<> write_fates(const batch& what, wall_time now);
    [[nodiscard]] result<std::uint64_t> change(std::string_view sql, std::int64_t a, std::int64_t b)
        override;
    [[nodiscard]] result<std::optional<std::int64_t>> number(
        std::string_view sql, std::int64_t a, std::int64_t b
    ) override;
    [[nodiscard]] result<std::uint64_t> used_bytes() override;
    [[nodiscard]] result<> give_pages_back(std::uint64_t size_max);

    std::string path_;
    std::string version_;
    std::optional<file_identity> identity_;
    database on_;
    statements prepared_;
    std::int64_t instance_ = 0;             // zero: not registered yet
    std::vector<std::int64_t> known_;       // ids of series, by their index; zero: not asked yet
    std::shared_ptr<const void> known_of_;  // the batch whose indices these are
};

}  // namespace curfew::ledger
