#include "sqlite_store.hpp"

#include "schema.hpp"

#include <sqlite3.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace curfew::ledger {
namespace {

std::string_view blob_of(sqlite3_value* value) noexcept {
    const auto* begin = static_cast<const char*>(sqlite3_value_blob(value));
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
    return begin == nullptr ? std::string_view{} : std::string_view{begin, size};
}

/// SQL: merge_figures(blob, blob). Damaged figures fail the statement as a damaged file does.
void merge_figures(sqlite3_context* context, int, sqlite3_value** arguments) {
    sparse_figures sum;
    sparse_figures more;
    if (!sum.decode(blob_of(arguments[0])) || !more.decode(blob_of(arguments[1]))) {
        sqlite3_result_error_code(context, SQLITE_CORRUPT);
        return;
    }
    sum.merge(more);
    const std::string merged = sum.encode();
    sqlite3_result_blob64(context, merged.data(), merged.size(), SQLITE_TRANSIENT);
}

std::int64_t nanoseconds(wall_time at) noexcept {
    return at.time_since_epoch().count();
}

/// Private from its first moment; SQLite gives the files beside it the same permissions.
void make_private(const std::string& path) noexcept {
    const int made = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made >= 0) {
        ::close(made);
    }
}

constexpr const char* settings_of_a_connection =
    "PRAGMA auto_vacuum=INCREMENTAL;"
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=NORMAL;"
    "PRAGMA journal_size_limit=8388608;"
    "PRAGMA cache_size=-4096;"
    "PRAGMA temp_store=MEMORY";

}  // namespace

result<sqlite_store> sqlite_store::open(
    const std::string& path, std::string_view version, const std::string& vfs
) {
    make_private(path);
    auto opened = database::open(path, {.vfs = vfs});
    if (!opened) {
        return std::unexpected{opened.error()};
    }
    // Before anything is written: whose file is it?
    if (const auto readable = version_of(*opened); !readable) {
        return std::unexpected{readable.error()};
    }
    if (const auto done = opened->run(settings_of_a_connection); !done) {
        return std::unexpected{done.error()};
    }
    if (const auto done = migrate(*opened); !done) {
        return std::unexpected{done.error()};
    }
    const int made = sqlite3_create_function_v2(
        opened->handle(),
        "merge_figures",
        2,
        SQLITE_UTF8 | SQLITE_DETERMINISTIC,
        nullptr,
        merge_figures,
        nullptr,
        nullptr,
        nullptr
    );
    if (made != SQLITE_OK) {
        return std::unexpected{failure_of(made)};
    }
    sqlite_store ready;
    ready.path_ = path;
    ready.version_ = version;
    ready.identity_ = identify(path);
    ready.on_ = std::move(*opened);
    if (const auto done = ready.prepare_all(); !done) {
        return std::unexpected{done.error()};
    }
    return ready;
}

result<> sqlite_store::prepare_all() {
    const std::pair<statement*, std::string_view> all[] = {
        {&prepared_.insert_series,
         "INSERT INTO series(surface, name, outcome, cause, reason, error, limit_name) "
         "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING"},
        {&prepared_.find_series,
         "SELECT id FROM series WHERE surface=?1 AND name=?2 AND outcome=?3 AND cause=?4 "
         "AND reason=?5 AND error=?6 AND limit_name=?7"},
        {&prepared_.insert_instance,
         "INSERT INTO instance(process, version, started_ns, last_seen_ns) "
         "VALUES(?1, ?2, ?3, ?3)"},
        {&prepared_.touch_instance, "UPDATE instance SET last_seen_ns=?2, stopped=?3 WHERE id=?1"},
        {&prepared_.add_minute,
         "INSERT INTO minute(minute, series, count, near_misses, figures) "
         "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET count=count+excluded.count, "
         "near_misses=near_misses+excluded.near_misses, "
         "figures=merge_figures(figures, excluded.figures)"},
        {&prepared_.insert_operation,
         "INSERT INTO operation(minute, series, instance, started_ns, took_ns, limit_ns, "
         "cause_limit_ns, trace_high, trace_low, span, one_in, detail, notable) "
         "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"},
        {&prepared_.insert_mark, "INSERT INTO mark(at_ns, text) VALUES(?1, ?2)"},
        {&prepared_.add_fate,
         "INSERT INTO fate(minute, instance, what, count) VALUES(?1, ?2, ?3, ?4) "
         "ON CONFLICT DO UPDATE SET count=count+excluded.count"},
        {&prepared_.insert_spool,
         "INSERT INTO merged_spool(name, at_ns) VALUES(?1, ?2) ON CONFLICT DO NOTHING"},
    };
    for (const auto& [to, sql] : all) {
        auto made = on_.prepare(sql);
        if (!made) {
            return std::unexpected{made.error()};
        }
        *to = std::move(*made);
    }
    return {};
}

result<> sqlite_store::write(const batch& what, wall_time now, const label& as) {
    const auto instance_before = instance_;
    auto writing = transaction::begin(on_);
    if (!writing) {
        return std::unexpected{writing.error()};
    }
    if (!as.name.empty()) {
        const auto noted =
            prepared_.insert_spool.bind_text(1, as.name).bind(2, nanoseconds(now)).run();
        if (!noted || on_.changed() == 0) {
            return noted;
        }
    }
    auto done = as.name.empty() || instance_ != 0 ? register_instance(now) : result<>{};
    if (done) {
        done = write_all(what, now);
    }
    if (done) {
        done = writing->commit();
    }
    if (!done) {
        // What was learned in a transaction that is undone is not true any more.
        known_.clear();
        instance_ = instance_before;
    }
    return done;
}

result<> sqlite_store::write_all(const batch& what, wall_time now) {
    if (known_of_ != what.identity()) {
        known_.clear();
        known_of_ = what.identity();
    }
    if (const auto done = write_minutes(what); !done) {
        return done;
    }
    if (const auto done = write_rows(what); !done) {
        return done;
    }
    for (const mark& each : what.marks()) {
        const auto done =
            prepared_.insert_mark.bind(1, nanoseconds(each.at)).bind_text(2, each.text).run();
        if (!done) {
            return done;
        }
    }
    return write_fates(what, now);
}

result<> sqlite_store::register_instance(wall_time now) {
    if (instance_ != 0) {
        return prepared_.touch_instance.bind(1, instance_)
            .bind(2, nanoseconds(now))
            .bind(3, 0)
            .run();
    }
    const auto done = prepared_.insert_instance.bind(1, ::getpid())
                          .bind_text(2, version_)
                          .bind(3, nanoseconds(now))
                          .run();
    if (done) {
        instance_ = on_.last_id();
    }
    return done;
}

result<> sqlite_store::say_goodbye(wall_time now) {
    if (instance_ == 0) {
        return {};
    }
    return prepared_.touch_instance.bind(1, instance_).bind(2, nanoseconds(now)).bind(3, 1).run();
}

result<std::int64_t> sqlite_store::id_of(const batch& in, batch::series_index which) {
    if (known_.size() < in.all_series().size()) {
        known_.resize(in.all_series().size());
    }
    if (known_[which] != 0) {
        return known_[which];
    }
    const series& key = in.all_series()[which];
    const auto bound = [&](statement& to) -> statement& {
        return to.bind_text(1, to_string(key.where))
            .bind_text(2, key.name)
            .bind_text(3, to_string(key.ended))
            .bind_text(4, to_string(key.why))
            .bind_text(5, to_string(key.reason))
            .bind_text(6, key.error ? describe(*key.error).id : std::string_view{})
            .bind_text(7, key.limit_name);
    };
    if (const auto done = bound(prepared_.insert_series).run(); !done) {
        return std::unexpected{done.error()};
    }
    const auto row = bound(prepared_.find_series).step();
    const std::int64_t id = row && *row ? prepared_.find_series.number(0) : 0;
    prepared_.find_series.reset();
    if (id == 0) {
        return row ? fail(errc::ledger_corrupt) : std::unexpected{row.error()};
    }
    known_[which] = id;
    return id;
}

result<> sqlite_store::write_minutes(const batch& what) {
    for (const auto& [key, sums] : what.minutes()) {
        const auto id = id_of(what, key.what);
        if (!id) {
            return std::unexpected{id.error()};
        }
        const std::string encoded = sums.encode();
        const auto done = prepared_.add_minute.bind(1, key.at)
                              .bind(2, *id)
                              .bind(3, static_cast<std::int64_t>(sums.count()))
                              .bind(4, static_cast<std::int64_t>(sums.near_misses()))
                              .bind_blob(5, encoded)
                              .run();
        if (!done) {
            return done;
        }
    }
    return {};
}

result<> sqlite_store::write_rows(const batch& what) {
    for (const batch::row& each : what.rows()) {
        const auto id = id_of(what, each.what);
        if (!id) {
            return std::unexpected{id.error()};
        }
        const auto done = prepared_.insert_operation.bind(1, minute_of(each.ended))
                              .bind(2, *id)
                              .bind(3, instance_)
                              .bind(4, nanoseconds(each.started))
                              .bind(5, each.took.count())
                              .bind(6, each.limit.count())
                              .bind(7, each.cause_limit.count())
                              .bind(8, static_cast<std::int64_t>(each.trace.trace_high))
                              .bind(9, static_cast<std::int64_t>(each.trace.trace_low))
                              .bind(10, static_cast<std::int64_t>(each.trace.span))
                              .bind(11, each.one_in)
                              .bind_blob(12, each.detail)
                              .bind(13, each.notable ? 1 : 0)
                              .run();
        if (!done) {
            return done;
        }
    }
    return {};
}

result<> sqlite_store::write_fates(const batch& what, wall_time now) {
    for (std::size_t i = 0; i < fate_count; ++i) {
        if (what.what_became()[i] == 0) {
            continue;
        }
        const auto done = prepared_.add_fate.bind(1, minute_of(now))
                              .bind(2, instance_)
                              .bind_text(3, to_string(static_cast<fate>(i)))
                              .bind(4, static_cast<std::int64_t>(what.what_became()[i]))
                              .run();
        if (!done) {
            return done;
        }
    }
    return {};
}

result<std::uint64_t> sqlite_store::bytes() {
    const auto pages = on_.number("PRAGMA page_count");
    const auto size = on_.number("PRAGMA page_size");
    if (!pages || !size) {
        return std::unexpected{pages ? size.error() : pages.error()};
    }
    return static_cast<std::uint64_t>(*pages * *size);
}

std::uint64_t sqlite_store::wal_bytes() const noexcept {
    struct stat told{};
    const bool is_there = ::stat((path_ + "-wal").c_str(), &told) == 0;
    return is_there ? static_cast<std::uint64_t>(told.st_size) : 0;
}

void sqlite_store::resume(const registration& before) noexcept {
    if (instance_ == 0 && before.file && before.file == identity_) {
        instance_ = before.instance;
    }
}

bool sqlite_store::in_place() const noexcept {
    return identity_ && identify(path_) == identity_;
}

}  // namespace curfew::ledger
