#include <curfew/clients/pg/drive.hpp>
#include <curfew/core/expects.hpp>

#include <poll.h>

#include <algorithm>

namespace curfew::pg {
namespace {

template <class Steps>
answer<> run(Steps& what, deadline until, const clock& time) {
    while (true) {
        const auto told = what.advance();
        if (told == progress::done) return {};
        if (told == progress::failed) return std::unexpected{what.why()};
        if (!wait_for(what.socket(), told, until, time))
            return std::unexpected{trouble{errc::own_timeout, {}, 0, "no answer in time"}};
    }
}

}  // namespace

bool wait_for(int socket, progress told, deadline until, const clock& time) noexcept {
    expects(until.reachable(), "no wait is without a bound");
    if (told == progress::more) return !until.expired(time.now());
    constexpr duration longest = std::chrono::hours{1};
    const auto events = static_cast<short>(told == progress::reads ? POLLIN : POLLIN | POLLOUT);
    for (auto now = time.now(); !until.expired(now); now = time.now()) {
        const auto left = std::min(until.left(now), longest);
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
        const timespec patience{seconds.count(), (left - seconds).count()};
        pollfd watched{socket, events, 0};
        if (::ppoll(&watched, 1, &patience, nullptr) > 0) return true;
    }
    return false;
}

answer<> drive(session& what, deadline until, const clock& time) {
    return run(what, until, time);
}

answer<> drive(cancellation& what, deadline until, const clock& time) {
    return run(what, until, time);
}

}  // namespace curfew::pg
