#include "keeper.hpp"

#include "postgres_store.hpp"
#include "set_aside.hpp"
#include "spool_merge.hpp"
#include <curfew/ledger/place.hpp>

#include <algorithm>
#include <utility>

namespace curfew::ledger {

keeper::keeper(
    const settings& how, std::function<void(std::string_view)> tell, const postgres_waiting& waits
)
    : how_{how},
      tell_{std::move(tell)},
      shown_{place{how.path, how.database}.shown()},
      waits_{waits} {
    if (how.database) {
        dispatch_.emplace(how.path, how.database->spool_max, how.version);
    }
}

time_point keeper::later(time_point now) const {
    return add_saturated(now, waited_);
}

template <class F>
auto keeper::while_waiting(F&& work) {
    if (!dispatch_) {
        return std::forward<F>(work)();
    }
    waiting_ = true;
    const time_point began = waits_.time.now();
    auto done = std::forward<F>(work)();
    waited_ = waits_.time.now() - began;
    waiting_ = false;
    return done;
}

bool keeper::take(batch& what, time_point now, wall_time wall) {
    if (dispatch_) {
        if (!dispatch_->is_settled() && !send(now, wall)) {
            return false;
        }
        dispatch_->take(what, wall);
        (void)send(now, wall);
        return true;
    }
    if (!ready(now, wall) || !note(store_->write(what, wall, {}), now, wall)) {
        return false;
    }
    what.clear();
    worked(wall);
    measure();
    return true;
}

/// To the database, or else to the disk.
bool keeper::send(time_point now, wall_time wall) {
    if (ready(now, wall)) {
        const auto done = while_waiting([&] {
            return store_->write(
                dispatch_->on_its_way(), dispatch_->sealed_at(), dispatch_->label_of()
            );
        });
        if (note(done, now, wall)) {
            dispatch_->arrived();
            worked(wall);
            measure();
            return true;
        }
    }
    return dispatch_->put_by();
}

bool keeper::put_by(batch& came, wall_time wall) {
    dispatch_->secure();
    return dispatch_->put_by(came, wall);
}

std::optional<bool> keeper::merge_spool(time_point now, wall_time wall) {
    if (!ready(now, wall)) {
        return std::nullopt;
    }
    const auto done = while_waiting([&] { return merge_spools(*store_, how_.path, wall); });
    if (dispatch_) {
        dispatch_->waiting().look();
    }
    if (!done) {
        (void)note(std::unexpected{done.error()}, now, wall);
        return std::nullopt;
    }
    if (done->torn > 0) {
        tell_(
            std::to_string(done->torn) + " of the files that waited for the ledger " + shown_ +
            " were empty or torn, as after a power failure: what they held is lost"
        );
    }
    for (const std::string& each : done->refused) {
        tell_("the ledger " + shown_ + " does not take what waited for it: it was kept as " + each);
    }
    return done->more;
}

bool keeper::trim(
    batch& told, time_point now, wall_time wall, wall_time by_age, std::uint64_t most
) {
    if (!ready(now, wall)) {
        return false;
    }
    const auto done = while_waiting([&] { return store_->trim(how_.rules, by_age, most); });
    if (!done) {
        return note(std::unexpected{done.error()}, now, wall);
    }
    told.count(fate::rows_expired, done->rows_expired);
    told.count(fate::minutes_expired, done->minutes_expired);
    told.count(fate::rows_trimmed, done->rows_trimmed);
    told.count(fate::minutes_trimmed, done->minutes_trimmed);
    measure();
    return !done->pages_kept || note(std::unexpected{*done->pages_kept}, now, wall);
}

void keeper::say_goodbye(time_point now, wall_time wall) {
    if (dispatch_ && dispatch_->is_settled()) {
        dispatch_->take_last(wall);
        if (!dispatch_->is_settled()) {
            (void)send(now, wall);
        }
    } else if (store_) {
        (void)store_->say_goodbye(wall);
    }
    store_.reset();
    file_ = nullptr;
}

std::string keeper::reason() const {
    return failing_->said.empty() ? std::string{reason_of(failing_->why)} : failing_->said;
}

void keeper::describe(status& to) const {
    to.in_database = how_.database.has_value();
    to.path = shown_;
    to.is = failing_                       ? status::condition::failing
            : last_written_ == wall_time{} ? status::condition::opening
                                           : status::condition::storing;
    to.why = failing_ ? failing_->why : failure{};
    to.reason = failing_ ? reason() : std::string{};
    to.failing_since = failing_ ? failing_since_ : wall_time{};
    to.last_written = last_written_;
    to.set_aside = set_aside_;
    to.file_bytes = file_bytes_;
    to.wal_bytes = wal_bytes_;
    if (dispatch_) {
        to.spooled_batches = dispatch_->waiting().count();
        to.spooled_bytes = dispatch_->waiting().bytes();
    }
}

bool keeper::ready(time_point now, wall_time wall) {
    if (!may_try(now)) {
        return false;
    }
    if (store_ && !store_->in_place()) {
        store_.reset();
        if (!missed_at_ || now - *missed_at_ >= pause_max) {
            missed_at_ = now;
            tell_("the ledger " + shown_ + " was moved away or removed: a new one is begun");
        }
    }
    return store_ || open(now, wall);
}

bool keeper::open(time_point now, wall_time wall) {
    if (!dispatch_) {
        return note(open_file(now, wall), now, wall);
    }
    auto opened = while_waiting([&] { return open_database(); });
    if (!opened) {
        failed(std::move(opened.error()), later(now), wall);
    }
    return opened.has_value();
}

std::expected<void, setback> keeper::open_database() {
    auto opened = postgres_store::open(*how_.database, waits_);
    if (!opened) {
        return std::unexpected{std::move(opened.error())};
    }
    store_ = std::make_unique<postgres_store>(*std::move(opened));
    return {};
}

result<> keeper::open_file(time_point now, wall_time wall) {
    if (const auto made = make_directory_of(how_.path); !made) {
        return std::unexpected{no_access()};
    }
    const auto which = identify(how_.path);
    auto opened = damaged_ ? result<sqlite_store>{fail(errc::ledger_corrupt)}
                           : sqlite_store::open(how_.path, how_.version, how_.vfs);
    if (!opened && opened.error().code == errc::ledger_corrupt) {
        if (!which || !was_a_ledger(how_.path)) {
            return fail(errc::ledger_foreign);
        }
        if (set_aside_at_ && now - *set_aside_at_ < set_aside_pause) {
            return std::unexpected{opened.error()};
        }
        auto name = set_aside(how_.path, *which, wall);
        if (!name) {
            return std::unexpected{opened.error()};
        }
        set_aside_at_ = now;
        if (!name->empty()) {
            set_aside_ = std::move(*name);
            tell_(
                "the ledger " + how_.path + " is damaged: it was set aside as " + set_aside_ +
                ", and a new one is begun"
            );
        }
        damaged_ = false;
        opened = sqlite_store::open(how_.path, how_.version, how_.vfs);
    }
    if (!opened) {
        return std::unexpected{opened.error()};
    }
    auto made = std::make_unique<sqlite_store>(std::move(*opened));
    made->resume(before_);
    file_ = made.get();
    store_ = std::move(made);
    return {};
}

bool keeper::note(const result<>& done, time_point now, wall_time wall) {
    if (!done) {
        failed(store_ ? store_->explain(done.error()) : setback{done.error()}, later(now), wall);
    }
    return done.has_value();
}

void keeper::failed(setback why, time_point now, wall_time wall) {
    if (!failing_) {
        failing_from_ = now;
        failing_since_ = wall;
        pause_ = pause_min;
    }
    failing_ = std::move(why);
    // Damage behind its beginning shows when it is written, not when it is opened.
    damaged_ = failing_->why.code == errc::ledger_corrupt;
    try_at_ = add_saturated(now, pause_);
    pause_ = std::min(pause_ * 2, pause_max);
    if (!dispatch_ && is_busy(failing_->why)) {
        try_at_ = add_saturated(now, pause_min);
        if (now - failing_from_ < busy_patience) {
            return;
        }
    } else {
        before_ = file_ != nullptr && store_ ? file_->registered() : before_;
        store_.reset();
        file_ = nullptr;
    }
    if (dispatch_) {
        // Those who lost the same database do not all come back in one moment.
        const auto half = std::chrono::duration_cast<std::chrono::milliseconds>(pause_ / 4).count();
        try_at_ += std::chrono::milliseconds{jitter_() % static_cast<unsigned long>(half + 1)};
    }
    complain(*failing_, now);
}

void keeper::complain(const setback& why, time_point now) {
    // Once for each reason, and for one that comes and goes once in a while.
    if (told_ == why.why.code || (told_at_ && now - *told_at_ < pause_max)) {
        return;
    }
    told_ = why.why.code;
    told_at_ = now;
    const bool untouched =
        why.why.code == errc::ledger_newer || why.why.code == errc::ledger_foreign;
    std::string sentence = "the ledger " + shown_ + " cannot be written (" + reason();
    sentence += untouched ? ") and was not touched" : ")";
    if (dispatch_) {
        tell_(
            sentence + "; what happens meanwhile waits on this disk (" + how_.path +
            ".spool-*), and what does not fit is counted as dropped"
        );
        return;
    }
    tell_(sentence + "; figures wait in memory, and what does not fit is counted as dropped");
}

void keeper::measure() {
    file_bytes_ = store_->bytes().value_or(file_bytes_);
    wal_bytes_ = store_->wal_bytes();
    const std::string which = "the write-ahead log " + how_.path + "-wal ";
    if (!wal_told_ && wal_bytes_ >= how_.wal_told_bytes) {
        wal_told_ = true;
        tell_(
            which + "has grown to " + std::to_string(wal_bytes_ >> 20) +
            " MiB, and no cap bounds it: somebody keeps the ledger open in a transaction, such as "
            "a shell of sqlite3; end it (`lsof " +
            how_.path + "` shows who has it open), and the space is used again"
        );
    } else if (wal_told_ && wal_bytes_ < how_.wal_told_bytes / 2) {
        wal_told_ = false;
        tell_(which + "is small again");
    }
}

void keeper::worked(wall_time wall) {
    last_written_ = wall;
    pause_ = pause_min;
    if (failing_ && told_) {
        tell_("the ledger " + shown_ + " is written again");
    }
    failing_.reset();
    told_.reset();
}

}  // namespace curfew::ledger
