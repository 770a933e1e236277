#include <curfew/http/accept.hpp>
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
    if (waiting_.load() == 0 || full()) {
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

runtime::task<> counted(runtime::task<> serving, connection_cap& cap, accept_numbers& numbers) {
    ++numbers.open;
    co_await serving;
    --numbers.open;
    cap.leave();
}

runtime::task<> until_room(connection_cap& cap, runtime::scope& under) {
    connection_cap::turn mine{cap, under.on()};
    if (cap.full()) {
        auto ringing = mine.bell.wait(under);
        co_await ringing;
    }
}

/// Waits until there may be something to accept: for a client, or for a descriptor.
runtime::task<> until_possible(runtime::listener& from, bool shortage, runtime::scope& under) {
    if (shortage) {
        constexpr auto pause = std::chrono::milliseconds{50};
        runtime::sleep_until until{under, add_saturated(under.on().now(), pause)};
        co_await until;
    } else {
        auto readable = from.ready().wait_readable(under);
        co_await readable;
    }
}

}  // namespace

runtime::task<> accept_connections(
    runtime::listener& from,
    runtime::scope& under,
    runtime::scope& connections,
    runtime::task_group& into,
    connection_cap& cap,
    const connection_handler& serve,
    accept_numbers& numbers
) {
    int in_a_row = 0;
    while (!under.ended()) {
        if (!cap.try_enter()) {
            auto waiting = until_room(cap, under);
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
