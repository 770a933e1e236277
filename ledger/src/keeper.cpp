#include "keeper.hpp"

#include "set_aside.hpp"
#include "spool_merge.hpp"
#include <curfew/ledger/place.hpp>

#include <algorithm>
#include <utility>

namespace curfew::ledger {

keeper::keeper(const settings& how, std::function<void(std::string_view)> tell)
    : how_{how}, tell_{std::move(tell)} {}

bool keeper::write(const batch& what, time_point now, wall_time wall) {
    if (!ready(now, wall)) {
        return false;
    }
    const auto done = store_->write(what, wall);
    if (!note(done, now, wall)) {
        return false;
    }
    worked(wall);
    measure();
    return true;
}

bool keeper::merge_spool(time_point now, wall_time wall) {
    return ready(now, wall) && note(merge_spools(*store_, how_.path, wall), now, wall);
}

bool keeper::trim(
    batch& told, time_point now, wall_time wall, wall_time by_age, std::uint64_t most
) {
    if (!ready(now, wall)) {
        return false;
    }
    const auto done = store_->trim(how_.rules, by_age, most);
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

void keeper::say_goodbye(wall_time wall) {
    if (store_) {
        (void)store_->say_goodbye(wall);
        store_.reset();
    }
}

void keeper::describe(status& to) const {
    to.path = how_.path;
    to.is = failing_                       ? status::condition::failing
            : last_written_ == wall_time{} ? status::condition::opening
                                           : status::condition::storing;
    to.why = failing_.value_or(failure{});
    to.reason = failing_ ? reason_of(*failing_) : std::string_view{};
    to.failing_since = failing_ ? failing_since_ : wall_time{};
    to.last_written = last_written_;
    to.set_aside = set_aside_;
    to.file_bytes = file_bytes_;
    to.wal_bytes = wal_bytes_;
}

bool keeper::ready(time_point now, wall_time wall) {
    if (!may_try(now)) {
        return false;
    }
    if (store_ && !store_->in_place()) {
        store_.reset();
        if (!missed_at_ || now - *missed_at_ >= pause_max) {
            missed_at_ = now;
            tell_("the ledger " + how_.path + " was moved away or removed: a new one is begun");
        }
    }
    return store_ || note(open(now, wall), now, wall);
}

result<> keeper::open(time_point now, wall_time wall) {
    if (const auto made = make_directory_of(how_.path); !made) {
        return std::unexpected{no_access()};
    }
    const auto which = identify(how_.path);
    auto opened = damaged_ ? result<store>{fail(errc::ledger_corrupt)}
                           : store::open(how_.path, how_.version, how_.vfs);
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
        opened = store::open(how_.path, how_.version, how_.vfs);
    }
    if (!opened) {
        return std::unexpected{opened.error()};
    }
    store_.emplace(std::move(*opened));
    store_->resume(before_);
    return {};
}

bool keeper::note(const result<>& done, time_point now, wall_time wall) {
    if (!done) {
        failed(done.error(), now, wall);
    }
    return done.has_value();
}

void keeper::failed(failure why, time_point now, wall_time wall) {
    if (!failing_) {
        failing_from_ = now;
        failing_since_ = wall;
        pause_ = pause_min;
    }
    failing_ = why;
    // Damage behind its beginning shows when it is written, not when it is opened.
    damaged_ = why.code == errc::ledger_corrupt;
    try_at_ = add_saturated(now, pause_);
    pause_ = std::min(pause_ * 2, pause_max);
    if (is_busy(why)) {
        try_at_ = add_saturated(now, pause_min);
        if (now - failing_from_ < busy_patience) {
            return;
        }
    } else {
        before_ = store_ ? store_->registered() : before_;
        store_.reset();
    }
    complain(why, now);
}

void keeper::complain(failure why, time_point now) {
    // Once for each reason, and for one that comes and goes once in a while.
    if (told_ == why.code || (told_at_ && now - *told_at_ < pause_max)) {
        return;
    }
    told_ = why.code;
    told_at_ = now;
    std::string sentence = "the ledger " + how_.path + " cannot be written (";
    sentence += reason_of(why);
    sentence += why.code == errc::ledger_newer || why.code == errc::ledger_foreign
                    ? ") and was not touched"
                    : ")";
    tell_(sentence + "; figures wait in memory, and what does not fit is counted as dropped");
}

void keeper::measure() {
    file_bytes_ = store_->file_bytes().value_or(file_bytes_);
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
        tell_("the ledger " + how_.path + " is written again");
    }
    failing_.reset();
    told_.reset();
}

}  // namespace curfew::ledger
