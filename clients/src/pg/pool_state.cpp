#include "pool_state.hpp"

#include "name_lookup.hpp"
#include <curfew/clients/pg/drive.hpp>
#include <curfew/clients/pg/ways.hpp>
#include <curfew/core/expects.hpp>

#include <utility>

namespace curfew::pg {
namespace {

/// One thread that waits for a place. Woken under the lock, which it needs to go on.
struct blocked : curfew::pool::waiter {
    blocked() noexcept
        : curfew::pool::waiter{[](curfew::pool::waiter& decided) noexcept {
              static_cast<blocked&>(decided).woken.notify_one();
          }} {}

    std::condition_variable woken;
};

}  // namespace

class pool_state::visit {
  public:
    explicit visit(pool_state& whose) noexcept : whose_{whose} {}

    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;

    ~visit() {
        if (!counted_) return;
        const std::lock_guard held{whose_.mutex};
        if (--whose_.visits == 0) whose_.left.notify_all();
    }

    /// Under the lock.
    void count() noexcept {
        if (!std::exchange(counted_, true)) ++whose_.visits;
    }

  private:
    pool_state& whose_;
    bool counted_ = false;
};

void finish_connect(breaker::permit& allowed, time_point now) noexcept {
    const auto ended = allowed.probe() ? outcome::success : outcome::ignored;
    allowed.finish(ended, cause_kind::completed, now);
}

bound inherited(deadline until, time_point now) noexcept {
    const auto limit = until.reachable() ? until.left(now) : duration::zero();
    return {until, false, "the caller's deadline", limit};
}

pool_state::pool_state(target at, pool_options options)
    : where{std::move(at)},
      how{std::move(options)},
      guard{how.breaker, this},
      decisions{how.places, how.seed},
      connections(decisions.places()),
      care{*this} {}

reply<lease> pool_state::acquire(const bound& limit, holder who) {
    visit here{*this};
    budget spent{time.now(), limit};
    auto place = take_place(spent, who, here);
    auto ready = place ? make_ready(*place, spent) : std::unexpected{place.error()};
    const auto now = time.now();
    spent.close(now);
    record("acquire", spent, now, ready ? nullptr : &ready.error(), {});
    if (!ready) return std::unexpected{std::move(ready.error())};
    return lease{*this, std::move(*place), spent.account()};
}

reply<curfew::pool::permit> pool_state::take_place(budget& spent, holder who, visit& here) {
    auto now = spent.started();
    if (const auto allowed = guard.try_acquire(now); !allowed)
        return std::unexpected{refused(operation::acquire, allowed.error(), spent, now)};
    blocked me;
    std::unique_lock held{mutex};
    auto got = decisions.acquire(me, spent.limit().at, now);
    if (got && !*got) {
        here.count();
        spent.enter(stage::queue, now);
        while (me.state() == wait_state::waiting && !me.expire(now)) {
            me.woken.wait_for(held, spent.limit().at.left(now));
            now = time.now();
        }
        spent.close(now);
        *got = me.take();
    }
    if (got && *got) {
        if ((*got)->task() != pool_task::use) here.count();
        auto& mine = connections[(*got)->slot()];
        mine.who = who;
        mine.since = now;
        mine.leased = true;
        mine.leak_told = false;
        return std::move(**got);
    }
    const bool closed = decisions.closed();
    const bool sent_away = got && me.state() == wait_state::cancelled;
    held.unlock();
    if (closed) {
        const cause why{.kind = cause_kind::shutdown};
        return std::unexpected{
            told(operation::acquire, {errc::shutting_down, {}, 0, {}}, why, spent, now)
        };
    }
    if (sent_away) {
        const breaker_refusal by{breaker_state::open, guard.status(now).retry_after};
        return std::unexpected{refused(operation::acquire, by, spent, now)};
    }
    if (!got && got.error() == pool_refusal::queue_full) {
        const cause why{
            .kind = cause_kind::shed,
            .reason = shed_reason::queue_full,
            .limit_value = how.places.waiting,
        };
        return std::unexpected{
            told(operation::acquire, {errc::queue_full, {}, 0, {}}, why, spent, now)
        };
    }
    return std::unexpected{late(operation::acquire, spent, now)};
}

reply<> pool_state::make_ready(curfew::pool::permit& place, budget& spent) {
    if (place.task() == pool_task::use) return {};
    if (place.task() == pool_task::check) {
        const auto alive = is_alive(place, spent);
        if (!alive) return std::unexpected{alive.error()};
        if (*alive) return {};
    }
    connections[place.slot()].is.close();
    return open(place, spent);
}

reply<bool> pool_state::is_alive(curfew::pool::permit& place, budget& spent) {
    auto& asked = connections[place.slot()].is;
    const auto began = time.now();
    spent.enter(stage::other, began);
    const auto limit = spent.child(began, how.check, "check");
    answer<> told = std::unexpected{trouble{}};
    if (asked.is() == condition::ready) {
        asked.send("");
        told = drive(asked, limit.at, time);
    }
    const auto now = time.now();
    spent.close(now);
    if (told) return true;
    if (told.error().code == errc::own_timeout && limit.limit_name != "check") {
        auto too_late = late(operation::acquire, spent, now);
        const auto until = deadline::after(began, how.check);
        give_up(std::move(place), {.connection = std::move(asked), .until = until});
        return std::unexpected{std::move(too_late)};
    }
    suspect(now);
    return false;
}

reply<> pool_state::open(curfew::pool::permit& place, budget& spent) {
    const auto began = time.now();
    auto allowed = guard.try_acquire(began);
    if (!allowed) {
        give_back(std::move(place), false, began);
        return std::unexpected{refused(operation::acquire, allowed.error(), spent, began)};
    }
    const auto limit = spent.child(began, how.limit.connection, "database.connection");
    spent.enter(stage::resolve, began);
    const auto addresses = look_up(where, limit.at, time);
    spent.enter(stage::connect, time.now());
    const auto whole = deadline::after(began, how.limit.connection);
    auto made = answer<session>{};
    answer<> done = addresses ? answer<>{} : std::unexpected{addresses.error()};
    for (std::size_t at = 0; addresses && at < ways(where, *addresses); ++at) {
        const auto from = time.now();
        const auto still = static_cast<int>(ways(where, *addresses) - at);
        const auto share = deadline::after(from, whole.left(from) / still);
        made = session::connect(where, way(*addresses, at), how.session);
        done = made ? drive(*made, earliest(limit.at, share), time) : std::unexpected{made.error()};
        if (done || !done.error().sqlstate.empty() || limit.at.expired(time.now())) break;
    }
    const auto now = time.now();
    spent.close(now);
    if (!done) {
        return std::unexpected{
            not_opened(place, made, done.error(), std::move(*allowed), spent, limit, began)
        };
    }
    finish_connect(*allowed, now);
    connections[place.slot()].is = std::move(*made);
    const std::lock_guard held{mutex};
    connections[place.slot()].process = connections[place.slot()].is.server_process();
    place.opened(now);
    return {};
}

error pool_state::not_opened(
    curfew::pool::permit& place,
    answer<session>& made,
    const trouble& why,
    breaker::permit allowed,
    const budget& spent,
    const bound& limit,
    time_point began
) {
    const auto now = time.now();
    if (why.code != errc::own_timeout) {
        allowed.finish(outcome::failure, cause_kind::failed, now);
        give_back(std::move(place), false, now);
        return told(operation::connection, why, {.kind = cause_kind::failed}, spent, now);
    }
    const bool whole = limit.limit_name == "database.connection";
    budget within{spent};
    within.tighten(limit);
    auto late_error = late(whole ? operation::connection : operation::acquire, within, now);
    if (whole) late_error.took = now - began;
    if (!whole && made && made->is() == condition::connecting) {
        patient one{
            .connection = std::move(*made),
            .allowed = std::move(allowed),
            .until = deadline::after(began, how.limit.connection),
            .connecting = true,
        };
        give_up(std::move(place), std::move(one));
        return late_error;
    }
    allowed.finish(outcome::timeout, late_error.why.kind, now);
    give_back(std::move(place), false, now);
    return late_error;
}

void pool_state::give_back(curfew::pool::permit place, bool well, time_point now) noexcept {
    session out;
    const std::lock_guard held{mutex};
    auto& mine = connections[place.slot()];
    mine.leased = false;
    if (well && place.keep(now)) return;
    out = std::move(mine.is);
    if (place.held()) place.discard(now);
}

void pool_state::give_up(curfew::pool::permit place, patient one) noexcept {
    {
        const std::lock_guard held{mutex};
        connections[place.slot()].leased = false;
        place.abandon();
    }
    one.place = std::move(place);
    care.adopt(std::move(one));
}

void pool_state::suspect(time_point now) noexcept {
    const std::lock_guard held{mutex};
    decisions.suspect(now);
}

void pool_state::on_transition(const breaker_transition& change) noexcept {
    if (change.to != breaker_state::open) return;
    const std::lock_guard held{mutex};
    decisions.dismiss();
}

void pool_state::close() {
    {
        const std::lock_guard held{mutex};
        if (decisions.closed()) return;
        decisions.close();
    }
    care.wake();
}

void pool_state::see_out() {
    std::unique_lock held{mutex};
    left.wait(held, [this] { return visits == 0; });
}

}  // namespace curfew::pg
