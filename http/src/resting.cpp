#include <curfew/http/resting.hpp>
#include <curfew/runtime/loop.hpp>

namespace curfew::http {

resting_connections::resting_connections(connection_cap& cap, runtime::loop& on)
    : connection_cap::member{on}, cap_{cap} {
    cap_.add(*this);
}

resting_connections::~resting_connections() {
    cap_.remove(*this);
}

resting_connections::rest::rest(resting_connections& among, runtime::scope& waiting) noexcept
    : among_{among}, waiting_{waiting}, since_{waiting.on().now()} {
    among_.resting_.push_back(*this);
    among_.count.fetch_add(1);
    among_.cap_.call_if_waited_for();
}

resting_connections::rest::~rest() {
    if (linked()) {
        among_.count.fetch_sub(1);
    }
}

bool resting_connections::let_go_longest(time_point now, duration least) noexcept {
    rest* longest = resting_.front();
    if (longest == nullptr || now < add_saturated(longest->since_, least)) {
        return false;
    }
    longest->unlink();
    count.fetch_sub(1);
    longest->waiting_.cancel();
    return true;
}

void resting_connections::note_end(bool stays) noexcept {
    if (stays) {
        cap_.call_if_waited_for();
    } else {
        ++let_go_;
    }
}

runtime::task<> resting_connections::make_room_when_asked(runtime::scope& under) {
    while (!under.ended()) {
        auto ringing = asked.wait(under);
        const auto woken = co_await ringing;
        if (woken == runtime::wake::ready && cap_.full()) {
            let_go_longest(under.on().now());
        }
    }
}

runtime::task<> linger(runtime::stream& of, runtime::scope& under, resting_connections& among) {
    runtime::scope lingering{under};
    resting_connections::rest mine{among, lingering};
    auto ending = linger(of, lingering);
    co_await ending;
    if (mine.asked_to_go()) {
        among.note_end(false);
    }
}

}  // namespace curfew::http
