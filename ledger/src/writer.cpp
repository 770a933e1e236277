#include "writer.hpp"

#include <algorithm>

namespace curfew::ledger {
namespace {

constexpr std::size_t piece = 4'096;
constexpr std::size_t pieces_max = 32;  // a step has an end, however quick the producers are
constexpr std::uint64_t trim_least = 8'192;

}  // namespace

writer::writer(
    const settings& how, std::function<void(std::string_view)> tell, const postgres_waiting& waits
)
    : keeps_{!how.path.empty()},
      success_rows_{how.rules.success_rows},
      listeners_{how.listeners},
      keeper_{how, std::move(tell), waits},
      sampler_{success_rows_} {}

void writer::take_mark(mark what) {
    (void)batch_.take(std::move(what));
}

bool writer::step(time_point now, wall_time wall, std::span<recorder* const> from) {
    if (!anchor_) {
        anchor_.emplace(now, wall);
    } else if (anchor_->look(now, wall)) {
        batch_.count(fate::clock_stepped);
    }
    busy_ = false;
    put_by_at_ = add_saturated(now, write_every);
    drain_all(now, wall, from);
    if (now >= write_at_ && write(now, wall)) {
        write_at_ = add_saturated(now, write_every);
    }
    return batch_.empty();
}

void writer::drain_all(time_point now, wall_time wall, std::span<recorder* const> from) {
    for (recorder* each : from) {
        drain(*each, now, wall);
        count_drops(*each);
    }
    for (listener* each : listeners_) {
        each->drained(now, dropped_);
    }
}

void writer::meanwhile(time_point now, wall_time wall, std::span<recorder* const> from) {
    drain_all(now, wall, from);
    if (now >= put_by_at_) {
        (void)put_by(now, wall);
    }
}

bool writer::put_by(time_point now, wall_time wall) {
    put_by_at_ = add_saturated(now, write_every);
    const fates became = batch_.what_became();
    if (!keeper_.put_by(batch_, wall)) {
        return false;
    }
    for (std::size_t i = 0; i < fate_count; ++i) {
        written_[i] += became[i];
    }
    return true;
}

bool writer::finish(time_point now, wall_time wall, std::span<recorder* const> from) {
    write_at_ = time_point::max();
    (void)step(now, wall, from);
    keeper_.hurry();
    const bool whole = write(now, wall);
    keeper_.say_goodbye(now, wall);
    stopped_ = true;
    return whole && keeper_.is_settled();
}

void writer::drain(recorder& from, time_point now, wall_time wall) {
    for (std::size_t i = 0; i < pieces_max; ++i) {
        const std::size_t seen =
            from.drain(piece, [&](std::span<const std::byte> bytes) { take(bytes, now); });
        busy_ = busy_ || seen > 0;
        if (batch_.rows().size() > batch::rows_max / 2) {
            (void)write(now, wall);
        }
        if (seen < piece) {
            return;
        }
    }
}

void writer::take(std::span<const std::byte> bytes, time_point now) {
    const bool sound = unpack(bytes, unpacked_);
    expects(sound, "a ring gives back what was put in");
    const event& what = unpacked_.told;
    if (keeps_) {
        keep(what, now);
    }
    for (listener* each : listeners_) {
        each->heard(what, anchor_->at(add_saturated(what.started, what.took)));
    }
}

void writer::keep(const event& what, time_point now) {
    if (unpacked_.cut) {
        batch_.count(fate::text_cut);
    }
    const std::uint32_t one_in = is_plain_success(what) ? sampler_.choose(what.trace, now) : 1;
    batch_.take(what, anchor_->at(what.started), one_in);
}

void writer::count_drops(const recorder& of) {
    drops& seen = drops_seen_[&of];
    for (std::size_t i = 0; i < seen.size(); ++i) {
        const std::uint64_t now = of.dropped(static_cast<outcome>(i));
        const auto first = static_cast<std::size_t>(fate::ring_full_success);
        batch_.count(static_cast<fate>(first + i), now - seen[i]);
        dropped_ += now - seen[i];
        seen[i] = now;
    }
}

bool writer::write(time_point now, wall_time wall) {
    if (!keeps_) {
        batch_.clear();
        return true;
    }
    if (keeper_.is_waiting()) {
        return put_by(now, wall);
    }
    const bool may_try = keeper_.may_try(now);
    if (!may_try && (!keeper_.always_takes() || batch_.empty())) {
        return false;
    }
    if (!batch_.empty() || now >= trim_at_ || keeper_.has_spooled()) {
        const auto rows = batch_.rows().size();
        const fates became = batch_.what_became();
        if (!keeper_.take(batch_, now, wall)) {
            return false;
        }
        rows_since_trim_ += rows;
        for (std::size_t i = 0; i < fate_count; ++i) {
            written_[i] += became[i];
        }
    }
    if (!keeper_.may_try(now)) {
        return true;
    }
    if (now >= spool_at_) {
        const auto more = keeper_.merge_spool(now, wall);
        spool_at_ = more ? add_saturated(now, *more ? duration{} : spool_every) : spool_at_;
    }
    if (now >= trim_at_ || rows_since_trim_ > trim_least || keeper_.exceeds_cap()) {
        trim(now, wall);
    }
    return true;
}

void writer::trim(time_point now, wall_time wall) {
    const std::uint64_t most = std::max(trim_least, rows_since_trim_ * 2);
    const wall_time by_age = std::min(anchor_->steady(now), wall);
    if (keeper_.trim(batch_, now, wall, by_age, most)) {
        rows_since_trim_ = 0;
        trim_at_ = add_saturated(now, trim_every);
    }
}

duration writer::rest(time_point now) const noexcept {
    if (busy_) {
        return drain_every;
    }
    if (batch_.empty() && !keeper_.has_spooled() && keeper_.is_settled()) {
        return rest_most;
    }
    const time_point due = std::max(write_at_, keeper_.try_at());
    return due <= now ? drain_every : std::clamp(due - now, drain_every, rest_most);
}

status writer::state() const {
    status told;
    keeper_.describe(told);
    told.is = stopped_ ? status::condition::stopped : told.is;
    told.success_rows_one_in = sampler_.one_in();
    told.rows_waiting = batch_.rows().size();
    for (std::size_t i = 0; i < fate_count; ++i) {
        told.so_far[i] = written_[i] + batch_.what_became()[i];
    }
    return told;
}

}  // namespace curfew::ledger
