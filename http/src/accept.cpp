#include <curfew/http/accept.hpp>
#include <curfew/http/resting.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/yield.hpp>

namespace curfew::http {

bool connection_cap::try_enter() noexcept {
    std::size_t open = open_.load();
    do {
        if (open >= most_) {
            return false;
        }
    } while (!open_.compare_exchange_weak(open, open + 1));
    return true;
}

void connection_cap::leave() noexcept {
    open_.fetch_sub(1);
    invite();
}

void connection_cap::invite() noexcept {
    if (!full()) {
        call_if_waited_for();
    }
}

void connection_cap::call_if_waited_for() noexcept {
    if (waiting_.load() == 0) {
        return;
    }
    const std::lock_guard hold{lock_};
    if (turn* first = turns_.pop_front()) {
        waiting_.fetch_sub(1);
        first->bell.ring();
    }
}

void connection_cap::note_shortage(failure why, time_point now) {
    constexpr duration pause = std::chrono::minutes{1};
    auto next = next_telling_.load();
    const auto after = add_saturated(now, pause).time_since_epoch().count();
    const bool due = short_of_ && now.time_since_epoch().count() >= next;
    if (due && next_telling_.compare_exchange_strong(next, after)) {
        short_of_(why);
    }
}

bool connection_cap::crowded(time_point now) const noexcept {
    constexpr duration lately = std::chrono::seconds{10};
    const time_point last{duration{crowded_at_.load()}};
    return waiting_.load() > 0 || now < add_saturated(last, lately);
}

void connection_cap::add(member& one) {
    const std::lock_guard hold{lock_};
    members_.push_back(one);
    ++loops_;
}

void connection_cap::remove(member& one) {
    const std::lock_guard hold{lock_};
    one.unlink();
    --loops_;
}

void connection_cap::ask_for_room() {
    const std::lock_guard hold{lock_};
    for (std::size_t looked_at = 0; looked_at < loops_; ++looked_at) {
        member& next = *members_.pop_front();
        members_.push_back(next);
        if (next.count.load() > 0) {
            next.asked.ring();
            return;
        }
    }
}

connection_cap::turn::turn(connection_cap& cap, runtime::loop& on) : of{cap}, bell{on} {
    const std::lock_guard hold{of.lock_};
    of.turns_.push_back(*this);
    of.waiting_.fetch_add(1);
}

connection_cap::turn::~turn() {
    const std::lock_guard hold{of.lock_};
    if (linked()) {
        unlink();
        of.waiting_.fetch_sub(1);
    }
}

namespace {

constexpr int accepts_a_turn = 16;

/// What there is too little of is looked for anew after this: one at rest may go by then.
constexpr duration look_again = std::chrono::milliseconds{50};

runtime::task<> counted(runtime::task<> serving, connection_cap& cap, accept_numbers& numbers) {
    ++numbers.open;
    co_await serving;
    --numbers.open;
    cap.leave();
}

/// Waits until somebody wants a place and there may be one.
runtime::task<> until_room(
    runtime::listener& from, resting_connections& resting, runtime::scope& under
) {
    if (!from.pending()) {
        auto readable = from.ready().wait_readable(under);
        co_await readable;
        co_return;
    }
    connection_cap& cap = resting.cap();
    cap.note_crowd(under.on().now());
    connection_cap::turn mine{cap, under.on()};
    if (cap.full()) {
        if (!resting.let_go_longest(under.on().now())) {
            cap.ask_for_room();
        }
        const auto again = bound::after(under.on().now(), look_again, "http.look_again");
        runtime::scope waiting{under, again};
        auto ringing = mine.bell.wait(waiting);
        co_await ringing;
    }
}

/// Waits until there may be something to accept: for a client, or for a descriptor.
runtime::task<> until_possible(runtime::listener& from, bool shortage, runtime::scope& under) {
    if (shortage) {
        runtime::sleep_until until{under, add_saturated(under.on().now(), look_again)};
        co_await until;
    } else {
        auto readable = from.ready().wait_readable(under);
        co_await readable;
    }
}

}  // namespace

void accept_waiting(
    runtime::listener& from,
    runtime::scope& connections,
    runtime::task_group& into,
    resting_connections& resting,
    const connection_handler& serve,
    accept_numbers& numbers
) {
    connection_cap& cap = resting.cap();
    while (cap.try_enter()) {
        auto accepted = from.try_accept();
        if (!accepted || *accepted == nullptr) {
            cap.leave();
            return;
        }
        ++numbers.accepted;
        into.spawn(counted(serve(std::move(*accepted), connections), cap, numbers));
    }
}

runtime::task<> accept_connections(
    runtime::listener& from,
    runtime::scope& under,
    runtime::scope& connections,
    runtime::task_group& into,
    resting_connections& resting,
    const connection_handler& serve,
    accept_numbers& numbers
) {
    connection_cap& cap = resting.cap();
    int in_a_row = 0;
    while (!under.ended()) {
        if (!cap.try_enter()) {
            auto waiting = until_room(from, resting, under);
            co_await waiting;
            continue;
        }
        auto accepted = from.try_accept();
        if (!accepted || *accepted == nullptr) {
            cap.leave();
            if (!accepted) {
                ++numbers.shortages;
                cap.note_shortage(accepted.error(), under.on().now());
            }
            in_a_row = 0;
            auto waiting = until_possible(from, !accepted, under);
            co_await waiting;
            continue;
        }
        ++numbers.accepted;
        into.spawn(counted(serve(std::move(*accepted), connections), cap, numbers));
        if (++in_a_row == accepts_a_turn) {
            in_a_row = 0;
            runtime::yield yielding{under};
            co_await yielding;
        }
    }
    // A place that rang for this loop and was not taken is the next one's.
    cap.invite();
}

}  // namespace curfew::http
