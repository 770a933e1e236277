#include "database.hpp"

#include <sqlite3.h>

#include <utility>

namespace curfew::ledger {
namespace {

result<> checked(int code) noexcept {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) {
        return {};
    }
    return std::unexpected{failure_of(code)};
}

/// `path` as a URI with which SQLite writes nothing beside the file, not even its index.
std::string immutable_uri(const std::string& path) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string uri = "file:";
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '%' || c == '?' || c == '#' || byte < 0x21 || byte > 0x7e) {
            uri += {'%', digits[byte >> 4], digits[byte & 15]};
        } else {
            uri += c;
        }
    }
    return uri + "?immutable=1";
}

}  // namespace

failure failure_of(int code) noexcept {
    const int primary = code & 0xff;
    const bool damaged = primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
    return {damaged ? errc::ledger_corrupt : errc::io_error, code};
}

bool is_busy(failure what) noexcept {
    const int primary = what.detail & 0xff;
    return what.code == errc::io_error && (primary == SQLITE_BUSY || primary == SQLITE_LOCKED);
}

bool is_no_access(failure what) noexcept {
    const int primary = what.detail & 0xff;
    return what.code == errc::io_error &&
           (primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY || primary == SQLITE_PERM);
}

failure no_access() noexcept {
    return failure_of(SQLITE_CANTOPEN);
}

std::string_view reason_of(failure what) noexcept {
    switch (what.code) {
        case errc::ledger_corrupt:
        case errc::io_error:
            return what.detail == 0 ? describe(what.code).title : sqlite3_errstr(what.detail);
        default:
            return describe(what.code).title;
    }
}

void statement::finalizer::operator()(sqlite3_stmt* of) const noexcept {
    sqlite3_finalize(of);
}

statement& statement::bind(int at, std::int64_t value) noexcept {
    sqlite3_bind_int64(of_.get(), at, value);
    return *this;
}

statement& statement::bind_text(int at, std::string_view value) noexcept {
    sqlite3_bind_text64(
        of_.get(), at, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8
    );
    return *this;
}

statement& statement::bind_blob(int at, std::string_view value) noexcept {
    sqlite3_bind_blob64(
        of_.get(), at, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC
    );
    return *this;
}

result<bool> statement::step() noexcept {
    const int code = sqlite3_step(of_.get());
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
        return code == SQLITE_ROW;
    }
    return std::unexpected{failure_of(code)};
}

result<> statement::run() noexcept {
    const int code = sqlite3_step(of_.get());
    sqlite3_reset(of_.get());
    return checked(code);
}

void statement::reset() noexcept {
    sqlite3_reset(of_.get());
}

std::int64_t statement::number(int column) const noexcept {
    return sqlite3_column_int64(of_.get(), column);
}

std::string_view statement::text(int column) const noexcept {
    const auto* begin = reinterpret_cast<const char*>(sqlite3_column_text(of_.get(), column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(of_.get(), column));
    return begin == nullptr ? std::string_view{} : std::string_view{begin, size};
}

std::string_view statement::blob(int column) const noexcept {
    const auto* begin = static_cast<const char*>(sqlite3_column_blob(of_.get(), column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(of_.get(), column));
    return begin == nullptr ? std::string_view{} : std::string_view{begin, size};
}

void database::closer::operator()(sqlite3* of) const noexcept {
    sqlite3_close_v2(of);
}

result<database> database::open(const std::string& path, const options& how) {
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= how.how == access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                      : SQLITE_OPEN_READONLY;
    const bool immutable = how.how == access::immutable;
    const std::string name = immutable ? immutable_uri(path) : path;
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(
        name.c_str(),
        &opened,
        immutable ? flags | SQLITE_OPEN_URI : flags,
        how.vfs.empty() ? nullptr : how.vfs.c_str()
    );
    database made;
    made.of_.reset(opened);
    if (code != SQLITE_OK) {
        return std::unexpected{failure_of(code)};
    }
    sqlite3_busy_timeout(
        opened,
        static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(how.busy).count())
    );
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    return made;
}

result<> database::run(const char* sql) noexcept {
    return checked(sqlite3_exec(of_.get(), sql, nullptr, nullptr, nullptr));
}

result<statement> database::prepare(std::string_view sql) noexcept {
    sqlite3_stmt* made = nullptr;
    const int code = sqlite3_prepare_v3(
        of_.get(),
        sql.data(),
        static_cast<int>(sql.size()),
        SQLITE_PREPARE_PERSISTENT,
        &made,
        nullptr
    );
    statement prepared;
    prepared.of_.reset(made);
    if (code != SQLITE_OK) {
        return std::unexpected{failure_of(code)};
    }
    return prepared;
}

result<std::int64_t> database::number(std::string_view sql) noexcept {
    auto asked = prepare(sql);
    if (!asked) {
        return std::unexpected{asked.error()};
    }
    const auto row = asked->step();
    if (!row) {
        return std::unexpected{row.error()};
    }
    return *row ? asked->number(0) : 0;
}

std::int64_t database::last_id() const noexcept {
    return sqlite3_last_insert_rowid(of_.get());
}

std::int64_t database::changed() const noexcept {
    return sqlite3_changes64(of_.get());
}

result<transaction> transaction::begin(database& of) noexcept {
    const auto begun = of.run("BEGIN IMMEDIATE");
    if (!begun) {
        return std::unexpected{begun.error()};
    }
    return transaction{of};
}

transaction::~transaction() {
    if (of_ != nullptr && sqlite3_get_autocommit(of_->handle()) == 0) {
        (void)of_->run("ROLLBACK");
    }
}

result<> transaction::commit() noexcept {
    const auto done = of_->run("COMMIT");
    if (done) {
        of_ = nullptr;
    }
    return done;
}

}  // namespace curfew::ledger
